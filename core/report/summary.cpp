#include "core/report/summary.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "core/base/units.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSecondsMax =
    1e9;  // thirty years: beyond it a duration is nonsense, and would overflow nanoseconds
constexpr std::size_t kOneSidedNamesMax = 5;
constexpr std::size_t kNameCharactersMax = 120;

std::string name_text(const BenchmarkResult& row) {
  return clip(one_line(row.name), kNameCharactersMax) + " " +
         clip(one_line(row.metric.name), kNameCharactersMax);
}

bool is_compared(const BenchmarkResult& row) {
  return row.decision != Decision::added && row.decision != Decision::removed &&
         row.decision != Decision::failed;
}

/// With a consequence: red or a remark.
bool is_judged(const BenchmarkResult& row) { return row.gating || row.level == Level::warn; }

bool needs_confirmation(Decision decision) {
  return decision == Decision::regressed || decision == Decision::improved;
}

int interest(const BenchmarkResult& row) {
  switch (row.decision) {
    case Decision::regressed: return counts(row) ? 0 : row.acknowledged ? 4 : 3;
    case Decision::inconclusive: return 1;
    case Decision::failed: return 2;
    case Decision::improved: return 5;
    case Decision::added: return 6;
    case Decision::removed: return 7;
    case Decision::clear: return 8;
  }
  return 8;
}

/// How bad a row is among rows of its decision; larger is shown earlier.
double weight(const BenchmarkResult& row) {
  const std::optional<double>& value =
      row.decision == Decision::inconclusive ? row.effect_high : row.effect;
  if (row.from_zero) return kInfinity;
  if (!value || std::isnan(*value)) return row.decision == Decision::inconclusive ? kInfinity : 0;
  return row.decision == Decision::improved ? -*value : *value;
}

std::string error_word(ReasonCode code) {
  switch (code) {
    case ReasonCode::build_failed: return "the build failed";
    case ReasonCode::tests_failed: return "the tests failed";
    case ReasonCode::bench_failed: return "a benchmark could not be measured";
    case ReasonCode::git: return "the commits could not be checked out";
    case ReasonCode::baseline: return "the stored baseline cannot be used";
    case ReasonCode::busy: return "the state directory or the machine is in use";
    case ReasonCode::disk: return "the disk is full or cannot be written";
    case ReasonCode::interrupted: return "interrupted before a verdict";
    case ReasonCode::configuration: return "the configuration is wrong";
    default: return "an internal error";
  }
}

std::string error_word(const Report& report) {
  if (report.reason_code == ReasonCode::git &&
      report.reason.find("unknown git reference") != std::string::npos)
    return "there is no such commit here";
  const bool is_unreadable = report.reason_code == ReasonCode::configuration;
  return is_of_files(report) && is_unreadable ? "the results cannot be compared"
                                              : error_word(report.reason_code);
}

std::string names_text(const std::set<std::string>& names) {
  std::string out;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == kOneSidedNamesMax)
      return out + " and " + std::to_string(names.size() - count) + " more";
    out += (count++ == 0 ? "" : ", ") + clip(one_line(name), kNameCharactersMax);
  }
  return out;
}

/// After "PASS: ".
std::string pass_words(const Rows& rows, const Totals& all) {
  std::size_t warnings = 0;
  std::size_t accepted = 0;
  std::size_t gating = all.gating;
  for (const BenchmarkResult* row : rows) {
    if (row->decision != Decision::regressed) continue;
    if (row->acknowledged) {
      ++accepted;
      if (row->gating) --gating;
    } else if (row->level == Level::warn) {
      ++warnings;
    }
  }
  std::string text = "no regression in " + count_of(gating, "gating metric") + " of " +
                     count_of(all.benchmarks, "benchmark");
  if (gating == 0 && !rows.empty())
    text = accepted > 0 ? "no other metric gates" : "no metric gates";
  if (warnings > 0) text += "; " + count_of(warnings, "warning");
  if (accepted > 0) text += "; " + count_of(accepted, "acknowledged slowdown");
  return text;
}

int values_of(const std::optional<Side>& side) { return side ? side->values : 0; }

bool is_of_values(const BenchmarkResult& row) {
  return values_of(row.base) > 0 || values_of(row.head) > 0;
}

}  // namespace

bool is_of_files(const Report& report) {
  return report.command == "compare" || report.command == "import";
}

Totals totals(const Report& report) {
  Totals out;
  std::set<std::string_view> names;
  int most_pairs = 0;
  for (const BenchmarkResult& row : report.benchmarks) {
    names.insert(row.name);
    most_pairs = std::max(most_pairs, row.pairs);
    if (!is_compared(row)) continue;
    ++out.compared;
    if (row.gating) ++out.gating;
    if (!row.gating && row.level == Level::warn) ++out.warn;
  }
  out.benchmarks = names.size();
  for (const Measurement& measurement : report.measurements) {
    out.pairs += static_cast<std::size_t>(std::max(0, measurement.pairs));
  }
  if (report.measurements.empty()) out.pairs = static_cast<std::size_t>(std::max(0, most_pairs));
  return out;
}

bool counts(const BenchmarkResult& row) { return row.gating && !row.acknowledged; }

std::string_view word_of(const BenchmarkResult& row) {
  if (row.decision != Decision::regressed || counts(row)) return to_string(row.decision);
  if (row.acknowledged) return "acknowledged";
  return row.level == Level::warn ? "warning" : to_string(row.decision);
}

Rows deciding_rows(const Report& report) {
  Rows rows;
  for (const BenchmarkResult& row : report.benchmarks) {
    if (is_judged(row)) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const BenchmarkResult* a, const BenchmarkResult* b) {
                     const int first = interest(*a);
                     const int second = interest(*b);
                     if (first != second) return first < second;
                     if (counts(*a) != counts(*b)) return counts(*a);
                     return weight(*a) > weight(*b);
                   });
  return rows;
}

Rows shown_rows(const Report& report) {
  Rows rows;
  for (const BenchmarkResult& row : report.benchmarks) {
    if (!is_judged(row)) rows.push_back(&row);
  }
  return rows;
}

Rows findings(const Rows& rows) {
  Rows out;
  for (const BenchmarkResult* row : rows) {
    const bool quiet = row->decision == Decision::clear || row->decision == Decision::added ||
                       row->decision == Decision::removed ||
                       (row->decision == Decision::inconclusive && !counts(*row));
    if (!quiet) out.push_back(row);
  }
  return out;
}

std::string count_decisions(const Rows& rows, std::size_t first) {
  std::string out;
  for (std::size_t at = first; at < rows.size();) {
    const std::string_view word = word_of(*rows[at]);
    std::size_t end = at;
    while (end < rows.size() && word_of(*rows[end]) == word) ++end;
    out += (out.empty() ? "" : ", ") + std::to_string(end - at) + " " + std::string(word);
    at = end;
  }
  return out;
}

std::string headline(const Report& report) {
  const Rows rows = deciding_rows(report);
  const auto count = [&rows](Decision decision) {
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [=](const auto* row) {
      return counts(*row) && row->decision == decision;
    }));
  };
  const Totals all = totals(report);
  switch (report.verdict) {
    case Verdict::regression: {
      const std::size_t regressed = count(Decision::regressed);
      if (regressed == 0) return "REGRESSION";
      const std::string more =
          regressed > 1 ? " and " + std::to_string(regressed - 1) + " more" : "";
      return "REGRESSION: " + name_text(*rows.front()) + " " + change_text(*rows.front()) + more;
    }
    case Verdict::pass: return "PASS: " + pass_words(rows, all);
    case Verdict::inconclusive:
      if (report.reason_code == ReasonCode::collector)
        return "INCONCLUSIVE: a required collector yielded nothing";
      if (all.gating == 0) return "INCONCLUSIVE: nothing could be compared";
      return "INCONCLUSIVE: cannot tell for " + std::to_string(count(Decision::inconclusive)) +
             " of " + count_of(all.gating, "gating metric");
    case Verdict::error: return "ERROR: " + error_word(report);
  }
  return "ERROR";
}

std::string what_ran(const Report& report) {
  const Totals all = totals(report);
  if (is_of_files(report) && all.compared == 0) return "Nothing was compared.";
  if (all.benchmarks == 0)
    return "No benchmark ran; stopped after " + seconds_text(report.seconds) + ".";
  const std::string warn = all.warn == 0 ? ""
                                         : ", " + std::to_string(all.warn) +
                                               (all.warn == 1 ? " only warns" : " only warn");
  const std::string votes =
      " (" + std::to_string(all.gating) + (all.gating == 1 ? " gates" : " gate") + warn + ")";
  const std::string benchmarks = count_of(all.benchmarks, "benchmark") + ": ";
  const std::string metrics = count_of(all.compared, "metric");
  if (is_of_files(report)) return "Compared " + benchmarks + metrics + votes + ".";
  return "Ran " + benchmarks + metrics + " compared" + votes + ", " + count_of(all.pairs, "pair") +
         ", " + seconds_text(report.seconds) + ".";
}

std::string hidden_slowdown(const Report& report) {
  if (report.verdict != Verdict::inconclusive) return "";
  const Rows rows = deciding_rows(report);
  if (rows.empty() || rows.front()->decision != Decision::inconclusive || !counts(*rows.front()))
    return "";
  const BenchmarkResult& worst = *rows.front();  // sorted: no upper limit at all comes first
  const std::string limit = effect_text(worst.effect_high);
  if (limit.empty())
    return "There is no upper limit yet for " + name_text(worst) + ": any slowdown may hide there.";
  return "A slowdown of up to " + limit + " may hide in " + name_text(worst) + ".";
}

std::string one_sided(const Report& report) {
  std::set<std::string> added;
  std::set<std::string> removed;
  for (const BenchmarkResult& row : report.benchmarks) {
    if (row.decision == Decision::added) added.insert(row.name);
    if (row.decision == Decision::removed) removed.insert(row.name);
  }
  std::string out;
  if (!added.empty()) out += "New, not judged: " + names_text(added) + ".";
  if (!removed.empty())
    out += std::string(out.empty() ? "" : " ") + "Removed: " + names_text(removed) + ".";
  return out;
}

std::string decision_text(const BenchmarkResult& row) {
  const bool doubtful = needs_confirmation(row.decision) && !row.confirmed && !is_of_values(row);
  return std::string(word_of(row)) + (doubtful ? ", not confirmed" : "");
}

std::string evidence_text(const BenchmarkResult& row) {
  if (row.decision == Decision::failed) return "failed";
  std::string out = change_text(row);
  if (row.from_zero) out += " to " + side_text(row.head, row.metric);
  if (const std::string interval = interval_text(row); interval != "-")
    out += " (" + interval + ")";
  out += ", threshold " + format_percent(row.threshold);
  if (is_of_values(row))
    return out + ", " + std::to_string(values_of(row.base)) + " and " +
           std::to_string(values_of(row.head)) + " values";
  out += ", " + count_of(static_cast<std::size_t>(std::max(0, row.pairs)), "pair");
  if (row.confirmed) return out + ", confirmed";
  return out + (needs_confirmation(row.decision) ? ", not confirmed" : "");
}

std::string count_text(const BenchmarkResult& row) {
  if (!is_of_values(row)) return std::to_string(row.pairs);
  const std::string base = std::to_string(values_of(row.base));
  const std::string head = std::to_string(values_of(row.head));
  return base == head ? base : base + ", " + head;
}

std::string machine_text(const Machine& machine) {
  if (machine.cpu_model.empty() && machine.cpus == 0) return "";
  std::string out = machine.cpu_model.empty()
                        ? "unknown CPU"
                        : clip(one_line(machine.cpu_model), kNameCharactersMax);
  out += ", " + count_of(static_cast<std::size_t>(std::max(0, machine.cpus)), "CPU");
  if (machine.memory_bytes > 0)
    out += ", " + format_quantity(static_cast<double>(machine.memory_bytes), "B");
  const std::array<const std::string*, 2> more{&machine.kernel, &machine.virtualisation};
  for (const std::string* text : more) {
    if (!text->empty()) out += ", " + clip(one_line(*text), kNameCharactersMax);
  }
  if (!machine.governor.empty())
    out += ", governor " + clip(one_line(machine.governor), kNameCharactersMax);
  return out;
}

std::string seconds_text(double seconds) {
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return "an unknown time";
  return format_duration(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
}

}  // namespace melisai::report
