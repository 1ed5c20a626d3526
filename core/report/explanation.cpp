// `melisai-gate explain`: all of the evidence, for a terminal.
#include <algorithm>
#include <cmath>

#include "core/base/units.h"
#include "core/report/evidence_text.h"
#include "core/report/report.h"
#include "core/report/table.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kCharactersMax = 2'000;
constexpr int kNameColumnMax = 60;

std::string shown(const std::string& hostile) { return clip(one_line(hostile), kCharactersMax); }

std::string line(const std::string& words, const std::string& hostile) {
  return hostile.empty() ? "" : "  " + words + shown(hostile) + "\n";
}

std::string quantity(const std::optional<double>& value, const std::string& unit) {
  return value ? format_quantity(*value, unit) : "?";
}

std::string indented(const std::string& table) {
  std::string text;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    text += "  " + table.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text + "\n";
}

std::string metrics(const Evidence& evidence) {
  if (evidence.metrics.empty()) return "";
  Table table({{.title = "per run"},
               {.title = "base", .align = Align::right},
               {.title = "head", .align = Align::right}});
  for (const EvidenceMetric& each : evidence.metrics)
    table.add({each.name, quantity(each.base, each.unit), quantity(each.head, each.unit)});
  return indented(table.text());
}

std::string percent(double fraction) {
  if (!std::isfinite(fraction)) return "?";
  return std::to_string(std::lround(std::clamp(fraction * 100, 0.0, 99.0))) + " %";
}

std::string functions(const Evidence& evidence) {
  if (evidence.functions.empty()) return "";
  Table table({{"function", kNameColumnMax},
               {"where", kNameColumnMax},
               {.title = "when"},
               {.title = "base", .align = Align::right},
               {.title = "head", .align = Align::right},
               {.title = "sure", .align = Align::right}});
  for (const EvidenceFunction& each : evidence.functions)
    table.add({each.name, each.file + (each.line > 0 ? ":" + std::to_string(each.line) : ""),
               each.when, format_quantity(each.base, each.unit),
               format_quantity(each.head, each.unit), percent(each.confidence)});
  return indented(table.text());
}

std::string passes(const Evidence& evidence) {
  std::string text;
  for (const EvidencePass& each : evidence.passes) {
    const double seconds = std::isfinite(each.seconds) ? each.seconds : 0;
    text += "  " + shown(each.name) + ": " +
            count_of(static_cast<std::size_t>(std::max(each.runs, 0)), "run") +
            " of each side in " + format_quantity(seconds * 1e9, "ns") +
            (each.problem.empty() ? "" : "; " + shown(each.problem)) + "\n";
  }
  return text;
}

std::string nothing(const Report& report) {
  const bool regressed =
      std::any_of(report.benchmarks.begin(), report.benchmarks.end(), [](const auto& each) {
        return each.decision == Decision::regressed && !each.acknowledged && each.gating;
      });
  const std::string run = report.run > 0 ? "run " + std::to_string(report.run) : "this run";
  if (!regressed) return "no benchmark regressed in " + run + ", so there is nothing to explain\n";
  return run +
         " has no explanation: it was switched off (gate.explain.mode or --explain, "
         "collect.enabled or --collectors), interrupted, or made by a version that had none\n";
}

}  // namespace

std::string render_explanation(const Report& report) {
  if (report.evidence.empty()) return nothing(report);
  std::string text;
  for (const Evidence& each : report.evidence) {
    text += (text.empty() ? "" : "\n") + shown(each.benchmark) + "\n";
    text += "  " + shown(each.sentence) + sureness(each) + "\n";
    text += line("next: ", each.advice) + line("note: ", each.note) + "\n";
    text += metrics(each) + functions(each);
    for (const EvidenceFile& file : each.files)
      text += line(file.kind == "flame_graph" ? "flame graph: " : "stacks: ", file.path);
    text += passes(each);
  }
  return text;
}

}  // namespace melisai::report
