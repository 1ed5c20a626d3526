// What stands around the verdict: commits, health, stages, how it was measured, the machine.
#include <algorithm>
#include <cmath>

#include "core/base/units.h"
#include "core/report/health_text.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/remarks.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kProfileRowsMax = 30;  // of one benchmark
constexpr std::size_t kRepeatBytesMax = 4'000;
constexpr TailLimits kLogTail{.lines_max = 80, .bytes_max = 16'000};

std::string fact(const std::string& name, const std::string& html) {
  return html.empty() ? "" : "<dt>" + name + "</dt><dd>" + html + "</dd>\n";
}

std::string code(const std::string& hostile, std::size_t characters = 300) {
  return hostile.empty() ? "" : tagged("code", html_text(hostile, characters));
}

std::string commit_html(const CommitInfo& commit) {
  if (commit.sha.empty() || commit.ref.empty() || commit.sha == commit.ref)
    return code(commit.sha.empty() ? commit.ref : commit.sha);
  return code(commit.sha) + " " + code(commit.ref);
}

std::string bullets(const std::string& title, const std::vector<std::string>& lines,
                    const std::string& noun) {
  std::vector<std::string> items;
  for (const std::string& line : lines)
    items.push_back(tagged("li", html_text(line, 1'000)) + "\n");
  return listed({.head = tagged("h3", title) + "\n<ul>\n", .foot = "</ul>\n", .noun = noun}, items);
}

std::string table_head(const std::string& caption, const std::vector<std::string>& titles) {
  std::string out = "<div class=\"scroll\"><table><caption>" + caption + "</caption>\n<thead><tr>";
  for (const std::string& title : titles) out += "<th scope=\"col\">" + title + "</th>";
  return out + "</tr></thead><tbody>\n";
}

std::string cells(const std::vector<std::string>& texts) {
  std::string out = "<tr>";
  for (const std::string& text : texts) out += tagged("td", html_text(text, 300));
  return out + "</tr>\n";
}

constexpr const char* kTableEnd = "</tbody></table></div>\n";

/// 0 to 100, also where a hostile report says otherwise.
std::string meter(double percent) {
  const double shown = std::isfinite(percent) ? std::clamp(percent, 0.0, 100.0) : 0;
  const std::string text = format_percent(shown / 100);
  return "<meter min=\"0\" max=\"100\" value=\"" + json_number(shown) + "\">" + text + "</meter> " +
         text;
}

std::string resources_table(const HealthResult& health) {
  std::vector<std::string> items;
  for (const ResourceChange& each : health.resources)
    items.push_back("<tr><th scope=\"row\">" + html_text(each.resource + " " + each.use, 100) +
                    "</th>" + tagged("td", meter(each.base)) + tagged("td", meter(each.head)) +
                    tagged("td", html_text(to_string(each.decision))) + "</tr>\n");
  return listed({.head = table_head("Use of resources while each side ran",
                                    {"resource", "base", "head", "decision"}),
                 .foot = kTableEnd,
                 .noun = "resource"},
                items);
}

std::string advice_list(const HealthResult& health) {
  std::vector<std::string> items;
  for (const Recommendation& each : health.recommendations) {
    std::string item =
        "<li>" + html_text(each.title, 300) + " (" + html_text(each.evidence, 300) + ")";
    for (const std::string& command : each.commands) item += "<br>" + code(command, 500);
    items.push_back(item + "</li>\n");
  }
  return listed({.head = "<h3>Advice</h3>\n<ul>\n", .foot = "</ul>\n", .noun = "advice"}, items);
}

std::string placement_table(const Report& report) {
  std::vector<std::string> items;
  for (const Measurement& each : report.measurements)
    items.push_back(cells({each.benchmark, std::to_string(each.pairs), each.placement,
                           format_percent(each.cpu_wall_ratio), each.in_cgroup ? "yes" : "no"}));
  return listed({.head = table_head("Placement", {"benchmark process", "pairs", "placement",
                                                  "CPU time / wall time", "own cgroup"}),
                 .foot = kTableEnd,
                 .noun = "benchmark process"},
                items);
}

std::string noise_table(const Report& report) {
  std::vector<std::string> items;
  for (const BenchmarkResult* row : deciding_rows(report)) {
    if (!row->smallest_found && row->gates_because.empty()) continue;
    items.push_back(cells({row->name, row->metric.name,
                           row->smallest_found ? format_percent(*row->smallest_found) : "-",
                           format_percent(row->threshold), row->gates_because}));
  }
  return listed({.head = table_head("How small a slowdown each metric can show",
                                    {"benchmark", "metric", "smallest slowdown found", "threshold",
                                     "why it decides"}),
                 .foot = kTableEnd,
                 .noun = "metric"},
                items);
}

std::string profile_table(const Report& report) {
  std::vector<std::string> items;
  for (const Profile& profile : report.profiles) {
    if (!profile.note.empty()) items.push_back(cells({profile.benchmark, "", profile.note}));
    const std::vector<const ProfileValue*> values = by_change(profile);
    for (std::size_t i = 0; i < std::min(values.size(), kProfileRowsMax); ++i) {
      const ProfileValue& each = *values[i];
      const auto side = [&](const std::optional<double>& value) {
        return side_text(value ? std::optional(Side{*value}) : std::nullopt, each.metric);
      };
      items.push_back(cells({profile.benchmark, each.collector, each.metric.name, side(each.base),
                             side(each.head), profile_change_text(each)}));
    }
  }
  return listed(
      {.head = table_head("What the collectors saw in one profiling run of each side; "
                          "not judged",
                          {"benchmark process", "collector", "metric", "base", "head", "change"}),
       .foot = kTableEnd,
       .noun = "profile value"},
      items);
}

std::string failed_stage(const StageResult& stage) {
  std::string out =
      tagged("h3", html_text(stage.name) + " failed" +
                       (stage.side.empty() ? "" : " on " + html_text(stage.side)) +
                       (stage.message.empty() ? "" : ": " + html_text(stage.message)));
  if (!stage.command.empty()) out += tagged("p", "Command: " + code(stage.command, 1'000));
  const std::string tail = last_lines(plain_lines(stage.log_tail), kLogTail);
  if (!tail.empty()) out += tagged("pre", html_lines(tail));
  if (!stage.log.empty()) out += tagged("p", "Whole log: " + code(stage.log));
  return out + "\n";
}

}  // namespace

std::string facts_html(const Report& report, const Exhibits& exhibits) {
  std::string out = "<dl class=\"facts\">\n";
  out += fact("project", html_text(report.project, 300));
  out += fact("base", commit_html(report.base)) + fact("head", commit_html(report.head));
  out += fact("machine", html_text(machine_text(report.machine)));
  out += fact("promise", html_text("threshold " + format_percent(report.threshold) +
                                   " for time, false alarm " + format_percent(report.false_alarm) +
                                   " for the whole suite, miss " + format_percent(report.miss)));
  out += fact("run", html_text("melisai-gate " + report.tool_version + ", started " +
                               report.started_at + ", " + seconds_text(report.seconds)));
  out += fact("cost of measuring", html_text(overhead_text(report)));
  out += fact("stored", html_text(stored_run_text(report)));
  // What would be cut or cleaned is another command.
  const std::string& repeat = exhibits.repeat;
  if (repeat.size() <= kRepeatBytesMax && one_line(repeat) == repeat)
    out += fact("repeat it", code(repeat, kRepeatBytesMax));
  return out + "</dl>\n";
}

std::string health_html(const Report& report) {
  const std::vector<std::string> lines = health_lines(report);
  if (lines.empty()) return "";
  std::string out = "<section id=\"health\"><h2>Health of the host</h2>\n" +
                    tagged("p", html_text(lines.front(), 1'000)) + "\n";
  const auto anomalies = [](const std::vector<Anomaly>& all) {
    std::vector<std::string> texts;
    for (const Anomaly& each : all)
      texts.push_back((each.severity == Severity::critical ? "critical: " : "warning: ") +
                      each.message);
    return texts;
  };
  out += resources_table(report.health);
  out += bullets("New on head", anomalies(report.health.new_anomalies), "anomaly");
  out += bullets("Resolved on head", anomalies(report.health.resolved_anomalies), "anomaly");
  return out + advice_list(report.health) + "</section>\n";
}

std::string stages_html(const Report& report) {
  std::vector<std::string> failed;
  std::vector<std::string> all;
  for (const StageResult& stage : report.stages) {
    if (stage.status == StageResult::Status::failed) failed.push_back(failed_stage(stage));
    all.push_back(cells({stage.name, stage.side, std::string(to_string(stage.status)),
                         seconds_text(stage.seconds), stage.message, stage.command}));
  }
  if (all.empty()) return "";
  std::string out = "<section id=\"stages\"><h2>Stages</h2>\n";
  out += listed({.noun = "failed stage", .bytes_max = 512 << 10}, failed);
  out += listed({.head = table_head("Everything that ran before the pairs",
                                    {"stage", "side", "status", "time", "message", "command"}),
                 .foot = kTableEnd,
                 .noun = "stage"},
                all);
  return out + "</section>\n";
}

std::string measured_html(const Report& report) {
  std::string inner = bullets("Warnings", report.warnings, "warning") +
                      bullets("Disturbed pairs", disturbed_lines(report), "benchmark process") +
                      bullets("Too noisy", too_noisy_lines(report), "metric") +
                      bullets("Collectors with trouble", collector_lines(report), "collector") +
                      noise_table(report) + placement_table(report);
  if (const std::string profiles = profile_table(report); !profiles.empty())
    inner += "<details><summary>What the collectors saw</summary>\n" + profiles + "</details>\n";
  if (inner.empty()) return "";
  return "<section id=\"measured\"><h2>How it was measured</h2>\n" + inner + "</section>\n";
}

std::string machine_html(const Report& report) {
  const Machine& machine = report.machine;
  std::string out = "<section id=\"machine\"><h2>Machine</h2>\n<dl class=\"facts\">\n";
  out += fact("CPU", html_text(machine.cpu_model));
  if (machine.cpus > 0) out += fact("CPUs", std::to_string(machine.cpus));
  if (machine.memory_bytes > 0)
    out +=
        fact("memory", html_text(format_quantity(static_cast<double>(machine.memory_bytes), "B")));
  out += fact("kernel", html_text(machine.kernel));
  out += fact("virtualisation", html_text(machine.virtualisation));
  out += fact("frequency governor", html_text(machine.governor));
  out += fact("fingerprint", code(machine.fingerprint));
  if (!is_of_files(report)) out += fact("seed", std::to_string(report.seed));
  return out + "</dl>\n</section>\n";
}

}  // namespace melisai::report
