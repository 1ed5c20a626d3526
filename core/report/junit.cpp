#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "core/report/evidence_text.h"
#include "core/report/remarks.h"
#include "core/report/report.h"
#include "core/report/summary.h"
#include "core/report/text.h"
#include "core/report/xml_text.h"

namespace melisai::report {
namespace {

constexpr TailLimits kLogTail{.lines_max = 40, .bytes_max = 3'000};
constexpr double kSecondsMax = 1e9;
constexpr const char* kUnknownTime = "1970-01-01T00:00:00";  // the format wants one

/// What JUnit knows of a test: it passed, or one of three elements says why not.
struct Case {
  std::string group;
  std::string name;
  const char* element = "";  ///< "failure", "error", "skipped"; "" for what passed
  std::string type;
  std::string message;
  std::string text;
};

struct Counts {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

std::string attribute(const char* name, std::string_view hostile) {
  return std::string(" ") + name + "=\"" + xml_line(hostile) + "\"";
}

std::string seconds(double value) {
  std::array<char, 32> text{};
  const bool is_sane = std::isfinite(value) && value >= 0 && value <= kSecondsMax;
  std::snprintf(text.data(), text.size(), "%.3f", is_sane ? value : 0.0);
  return text.data();
}

/// Without the zone, as the format has it.
std::string timestamp(const std::string& started_at) {
  const std::string pattern = "0000-00-00T00:00:00";
  if (started_at.size() < pattern.size()) return kUnknownTime;
  std::string shape = started_at.substr(0, pattern.size());
  for (char& c : shape)
    if (c >= '0' && c <= '9') c = '0';
  return shape == pattern ? started_at.substr(0, pattern.size()) : kUnknownTime;
}

std::string joined(const std::string& first, const std::string& second, const char* between) {
  return first + (first.empty() || second.empty() ? "" : between) + second;
}

std::string message_of(const BenchmarkResult& row) {
  const std::string evidence = row.decision == Decision::failed ? "" : evidence_text(row);
  std::string message = joined(decision_text(row), evidence, ": ");
  const bool has_vote = row.gating || row.level == Level::warn;
  if (!has_vote) message += "; shown only, without a vote";
  return joined(message, row_note(row), "; ");
}

std::string text_of(const BenchmarkResult& row, const Report& report) {
  std::string text = "base " + side_text(row.base, row.metric) + ", head " +
                     side_text(row.head, row.metric) + "\n";
  for (const EvidenceText& why : evidence_texts(report)) {
    if (why.benchmark != row.name) continue;
    for (const std::string* line : {&why.cause, &why.functions, &why.advice})
      if (!line->empty()) text += *line + "\n";
  }
  return text;
}

/// Red is what made the verdict red. What was not decided, or decided without a vote, is skipped
/// and says why: to call it passed would be a promise that nobody made.
Case case_of(const BenchmarkResult& row, const Report& report) {
  Case out{.group = row.name,
           .name = row.metric.name.empty() ? "all metrics" : row.metric.name,
           .type = std::string(word_of(row)),
           .message = message_of(row),
           .text = {}};
  switch (row.decision) {
    case Decision::clear:
    case Decision::improved: break;
    case Decision::regressed:
      out.element = counts(row) ? "failure" : "skipped";
      out.text = text_of(row, report);
      break;
    case Decision::failed: out.element = counts(row) ? "error" : "skipped"; break;
    case Decision::inconclusive:
    case Decision::added:
    case Decision::removed: out.element = "skipped"; break;
  }
  return out;
}

/// Red if and only if the verdict is, also when no benchmark says so: the build failed, the health
/// of the host fell.
Case case_of_verdict(const Report& report) {
  Case out{.group = "melisai-gate",
           .name = "verdict",
           .type = std::string(to_string(report.reason_code)),
           .message = headline(report),
           .text = joined(report.reason, next_action(report), "\n")};
  switch (report.verdict) {
    case Verdict::pass: break;
    case Verdict::regression: out.element = "failure"; break;
    case Verdict::inconclusive: out.element = "skipped"; break;
    case Verdict::error: out.element = "error"; break;
  }
  return out;
}

Case case_of(const StageResult& stage) {
  return {.group = "melisai-gate/" + joined(stage.side, stage.name, "/"),
          .name = "stage",
          .element = "error",
          .type = "stage_failed",
          .message = stage.message.empty() ? "failed" : stage.message,
          .text = last_lines(plain_lines(stage.log_tail), kLogTail)};
}

std::string render(const Case& test) {
  std::string out = "    <testcase" + attribute("classname", test.group) +
                    attribute("name", test.name) + " time=\"0\"";
  const std::string element = test.element;
  if (element.empty()) return out + "/>\n";
  out += ">\n      <" + element;
  if (element != "skipped") out += attribute("type", test.type);
  out += attribute("message", test.message);
  out += test.text.empty() || element == "skipped"
             ? "/>\n"
             : ">" + xml_lines(test.text) + "</" + element + ">\n";
  return out + "    </testcase>\n";
}

Counts count(const std::vector<Case>& tests) {
  Counts out;
  for (const Case& test : tests) {
    const std::string_view element = test.element;
    if (element == "failure") ++out.failures;
    if (element == "error") ++out.errors;
    if (element == "skipped") ++out.skipped;
  }
  return out;
}

std::string property(const char* name, std::string_view value) {
  return value.empty()
             ? ""
             : "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

std::string properties(const Report& report) {
  return "    <properties>\n" + property("verdict", to_string(report.verdict)) +
         property("reason", report.reason) + property("base", report.base.sha) +
         property("head", report.head.sha) + property("machine", machine_text(report.machine)) +
         property("what_ran", what_ran(report)) + property("melisai-gate", report.tool_version) +
         "    </properties>\n";
}

struct Suite {
  int id = 0;
  const char* name = "";
  double seconds = 0;
  std::vector<Case> tests{};
};

std::string render(const Suite& suite, const Report& report) {
  const Counts counted = count(suite.tests);
  const auto number = [](const char* name, std::size_t value) {
    return attribute(name, std::to_string(value));
  };
  std::string out =
      "  <testsuite" + attribute("id", std::to_string(suite.id)) + attribute("name", suite.name) +
      attribute("package", report.project.empty() ? "-" : report.project) +
      attribute("timestamp", timestamp(report.started_at)) + attribute("hostname", "localhost") +
      number("tests", suite.tests.size()) + number("failures", counted.failures) +
      number("errors", counted.errors) + number("skipped", counted.skipped) +
      attribute("time", seconds(suite.seconds)) + ">\n" + properties(report);
  for (const Case& test : suite.tests) out += render(test);
  return out + "    <system-out/>\n    <system-err/>\n  </testsuite>\n";
}

}  // namespace

std::string render_junit(const Report& report) {
  Suite benchmarks{.id = 0, .name = "benchmarks"};
  for (const Rows& rows : {deciding_rows(report), shown_rows(report)})
    for (const BenchmarkResult* row : rows) benchmarks.tests.push_back(case_of(*row, report));
  Suite run{.id = 1, .name = "run", .seconds = report.seconds};
  run.tests.push_back(case_of_verdict(report));
  for (const StageResult& stage : report.stages)
    if (stage.status == StageResult::Status::failed) run.tests.push_back(case_of(stage));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + render(benchmarks, report) +
         render(run, report) + "</testsuites>\n";
}

}  // namespace melisai::report
