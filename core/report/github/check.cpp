// The check run and the commit status of a report, and what GitHub Actions reads of a step.
#include <algorithm>
#include <array>
#include <set>

#include "core/base/result.h"
#include "core/report/evidence_text.h"
#include "core/report/github/github.h"
#include "core/report/report.h"
#include "core/report/summary.h"

namespace melisai::report {
namespace {

constexpr std::size_t kPathBytesMax = 300;
constexpr std::size_t kTitleCharactersMax = 200;
constexpr std::size_t kMessageCharactersMax = 2'000;
constexpr int kLineMax = 10'000'000;

/// A path of the repository as GitHub takes it: no root, no way up, nothing to be read twice.
bool is_repository_path(const std::string& path) {
  if (path.empty() || path.size() > kPathBytesMax || path.front() == '/') return false;
  if (one_line(path) != path || path.find('\\') != std::string::npos) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

std::string short_text(const std::string& hostile, std::size_t characters) {
  return clip(one_line(hostile), characters);
}

const BenchmarkResult* worst_row(const Rows& rows, const std::string& benchmark) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const BenchmarkResult* row) {
    return row->name == benchmark && row->decision == Decision::regressed;
  });
  return found == rows.end() ? nullptr : *found;
}

/// "parse/BM_Small cpu_time: 1.000 us → 1.051 us, +5.1 % (+3.0 to +7.0 %), threshold 5 %, ..."
std::string row_line(const BenchmarkResult& row) {
  std::string text = row.name + (row.metric.name.empty() ? "" : " " + row.metric.name) + ": ";
  if (row.decision == Decision::failed)
    return text + "failed" + (row.note.empty() ? "" : ": ") + row.note;
  if (row.base && row.head)
    text += side_text(row.base, row.metric) + " → " + side_text(row.head, row.metric) + ", ";
  return text + evidence_text(row);
}

Annotation annotation_of(const Evidence& evidence, const EvidenceFunction& function,
                         const BenchmarkResult* row) {
  Annotation out{.path = function.file, .line = function.line};
  out.level =
      row != nullptr && counts(*row) ? Annotation::Level::failure : Annotation::Level::warning;
  out.title = short_text(evidence.benchmark + ": " + function.name, kTitleCharactersMax);
  out.message =
      short_text(row == nullptr ? evidence.benchmark : row_line(*row), kMessageCharactersMax);
  if (!evidence.sentence.empty())
    out.message += "\n" + short_text(evidence.sentence, kMessageCharactersMax) + sureness(evidence);
  if (!evidence.advice.empty())
    out.message += "\nNext: " + short_text(evidence.advice, kMessageCharactersMax);
  return out;
}

/// As GitHub's runner reads it back.
std::string escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (is_property && c == ':')
      out += "%3A";
    else if (is_property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string command_line(const std::string& command, const Annotation& at) {
  std::string out = "::" + command + " ";
  if (!at.path.empty())
    out += "file=" + escaped(at.path, true) + ",line=" + std::to_string(at.line) + ",";
  return out + "title=" + escaped(at.title, true) + "::" + escaped(at.message, false) + "\n";
}

}  // namespace

std::string_view to_string(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::success: return "success";
    case Conclusion::failure: return "failure";
    case Conclusion::neutral: return "neutral";
    case Conclusion::cancelled: return "cancelled";
    case Conclusion::action_required: return "action_required";
  }
  return "neutral";
}

std::string_view to_string(Annotation::Level level) {
  switch (level) {
    case Annotation::Level::notice: return "notice";
    case Annotation::Level::warning: return "warning";
    case Annotation::Level::failure: return "failure";
  }
  return "warning";
}

Conclusion conclusion_of(const Report& report, FailOn fail_on) {
  if (report.reason_code == ReasonCode::interrupted) return Conclusion::cancelled;
  if (exit_code(report, fail_on) != 0) return Conclusion::failure;
  return report.verdict == Verdict::pass ? Conclusion::success : Conclusion::neutral;
}

std::vector<Annotation> annotations_of(const Report& report) {
  const Rows rows = deciding_rows(report);
  std::vector<Annotation> out;
  for (const Evidence& evidence : report.evidence) {
    if (out.size() == kAnnotationsMax) break;
    // One line a benchmark: the function that grew most among those that are in the repository.
    const auto guilty = std::find_if(evidence.functions.begin(), evidence.functions.end(),
                                     [](const EvidenceFunction& function) {
                                       return function.line > 0 && function.line <= kLineMax &&
                                              is_repository_path(function.file);
                                     });
    if (guilty != evidence.functions.end())
      out.push_back(annotation_of(evidence, *guilty, worst_row(rows, evidence.benchmark)));
  }
  return out;
}

std::string status_text_of(const Report& report) {
  const Rows rows = deciding_rows(report);
  std::string text = title_of(report);
  if (report.verdict == Verdict::regression && !rows.empty() && counts(*rows.front())) {
    const BenchmarkResult& worst = *rows.front();
    std::string change = " " + change_text(worst);
    if (const std::string interval = interval_text(worst); interval != "-")
      change += " (" + interval + ")";
    // A long name is cut, lest a change stands there without its interval.
    const std::size_t taken = text.size() + std::string_view(": ").size() + change.size();
    const std::size_t room = taken < kStatusCharactersMax ? kStatusCharactersMax - taken : 0;
    text += ": " + clip(one_line(worst.name + " " + worst.metric.name), room) + change;
  }
  return clip(one_line(text), kStatusCharactersMax);
}

std::string_view status_state_of(const Report& report, FailOn fail_on) {
  if (exit_code(report, fail_on) == 0) return "success";
  return report.verdict == Verdict::error ? "error" : "failure";
}

std::string workflow_commands_of(const Report& report) {
  const std::vector<Annotation> places = annotations_of(report);
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::set<std::string> told;
  std::string out;
  for (const BenchmarkResult* row : findings(deciding_rows(report))) {
    if (row->decision == Decision::improved || row->acknowledged) continue;
    const bool is_error = counts(*row) && row->decision != Decision::inconclusive;
    std::size_t& count = is_error ? errors : warnings;
    if (count == kCommandsMax) continue;
    ++count;
    Annotation at{.path = "", .title = short_text(title_of(report), kTitleCharactersMax)};
    at.message =
        short_text(std::string(word_of(*row)) + ": " + row_line(*row), kMessageCharactersMax);
    const std::string start = short_text(row->name + ": ", kTitleCharactersMax);
    const auto place = std::find_if(places.begin(), places.end(), [&](const Annotation& each) {
      return each.title.starts_with(start) && row->decision == Decision::regressed;
    });
    if (place != places.end() && told.insert(row->name).second) {
      at.path = place->path;
      at.line = place->line;
    }
    out += command_line(is_error ? "error" : "warning", at);
  }
  // A verdict that no benchmark gave: the build failed, the health of the host fell.
  const bool is_open = report.verdict == Verdict::inconclusive;
  if (report.verdict == Verdict::pass || (is_open ? !out.empty() : errors > 0)) return out;
  const Annotation at{.path = "",
                      .title = short_text(title_of(report), kTitleCharactersMax),
                      .message = short_text(report.reason, kMessageCharactersMax)};
  return command_line(is_open ? "warning" : "error", at) + out;
}

std::string without_runner_commands(std::string_view text) {
  std::string out;
  bool is_first = true;  // in its line, but for blanks
  for (std::size_t at = 0; at < text.size(); ++at) {
    out += text[at];
    const std::string_view rest = text.substr(at);
    // A blank after the first sign leaves it readable.
    if ((is_first && rest.starts_with("::")) || rest.starts_with("##[")) out += ' ';
    const bool ends_line = text[at] == '\n' || text[at] == '\r';
    is_first = ends_line || (is_first && (text[at] == ' ' || text[at] == '\t'));
  }
  return out;
}

std::string outputs_of(const Report& report, const std::string& report_path,
                       const std::string& delimiter) {
  const Rows rows = deciding_rows(report);
  const auto regressions = std::count_if(rows.begin(), rows.end(), [](const auto* row) {
    return counts(*row) && row->decision == Decision::regressed;
  });
  const std::array<std::pair<std::string, std::string>, 3> values = {{
      {"verdict", std::string(to_string(report.verdict))},
      {"report", report_path},
      {"regressions", std::to_string(regressions)},
  }};
  std::string out;
  for (const auto& [name, value] : values) {
    MELISAI_ASSERT(value.find(delimiter) == std::string::npos);
    out += name + "<<" + delimiter + "\n" + value + "\n" + delimiter + "\n";
  }
  return out;
}

}  // namespace melisai::report
