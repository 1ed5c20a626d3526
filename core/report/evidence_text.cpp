#include "core/report/evidence_text.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/units.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kFunctionsShown = 3;
constexpr std::size_t kNameCharactersMax = 100;
constexpr std::size_t kLineCharactersMax = 400;

std::string clipped(const std::string& hostile, std::size_t characters) {
  return clip(one_line(hostile), characters);
}

std::string function_text(const EvidenceFunction& function) {
  std::string text = clipped(function.name, kNameCharactersMax);
  if (!function.file.empty()) {
    text += " (" + clipped(function.file, kNameCharactersMax);
    if (function.line > 0) text += ":" + std::to_string(function.line);
    text += ")";
  }
  return text + " " + format_quantity(function.base, function.unit) + " → " +
         format_quantity(function.head, function.unit);
}

std::string seconds_text(double seconds) {
  constexpr double kNanoseconds = 1e9;
  constexpr double kSecondsMax = 1e6;
  const double bounded = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kSecondsMax) : 0;
  return format_duration(std::chrono::nanoseconds(std::llround(bounded * kNanoseconds)));
}

/// What the passes cost: "found in 4 s (counts 1 s, stacks 3 s)".
std::string cost_text(const Evidence& evidence) {
  double all = 0;
  std::string each;
  for (const EvidencePass& pass : evidence.passes) {
    all += pass.seconds;
    each += (each.empty() ? "" : ", ") + clipped(pass.name, kNameCharactersMax) + " " +
            seconds_text(pass.seconds);
  }
  if (each.empty()) return "";
  const char* words = evidence.cause == Cause::not_known ? "looked for " : "found in ";
  return words + seconds_text(all) + " (" + each + ")";
}

EvidenceText text_of(const Evidence& evidence) {
  EvidenceText text{.benchmark = evidence.benchmark,
                    .cause = clipped(evidence.sentence, kLineCharactersMax) + sureness(evidence)};
  for (const EvidenceFunction& function : evidence.functions) {
    if (&function - evidence.functions.data() >= static_cast<std::ptrdiff_t>(kFunctionsShown))
      break;
    text.functions += (text.functions.empty() ? "Functions: " : "; ") + function_text(function);
  }
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text.advice += (text.advice.empty() ? "" : "; ") + part;
  };
  if (!evidence.advice.empty()) add("Next: " + clipped(evidence.advice, kLineCharactersMax));
  add(clipped(evidence.note, kLineCharactersMax));
  const auto graph =
      std::find_if(evidence.files.begin(), evidence.files.end(),
                   [](const EvidenceFile& file) { return file.kind == "flame_graph"; });
  if (graph != evidence.files.end()) add("see " + clipped(graph->path, kNameCharactersMax));
  add(cost_text(evidence));
  return text;
}

}  // namespace

// Nothing is 100 % sure.
std::string sureness(const Evidence& evidence) {
  if (evidence.cause == Cause::not_known || !(evidence.confidence > 0)) return "";
  const double percent = std::clamp(evidence.confidence * 100, 1.0, 99.0);
  return " (" + std::to_string(std::lround(percent)) + " % sure)";
}

std::vector<EvidenceText> evidence_texts(const Report& report) {
  std::vector<EvidenceText> texts;
  for (const Evidence& evidence : report.evidence)
    if (texts.size() < kEvidenceShown) texts.push_back(text_of(evidence));
  return texts;
}

std::vector<std::string> evidence_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const EvidenceText& text : evidence_texts(report)) {
    lines.push_back("why " + text.benchmark + ": " + text.cause);
    for (const std::string* line : {&text.functions, &text.advice})
      if (!line->empty()) lines.push_back(*line);
  }
  if (const std::string rest = evidence_left_out(report); !rest.empty()) lines.push_back(rest);
  return lines;
}

std::string evidence_left_out(const Report& report) {
  if (report.evidence.size() <= kEvidenceShown) return "";
  const std::size_t rest = report.evidence.size() - kEvidenceShown;
  return count_of(rest, "more regression") + (rest == 1 ? " is" : " are") +
         " explained in report.json";
}

}  // namespace melisai::report
