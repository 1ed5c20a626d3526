// What every format says about a report: the same headline, order of findings and wording. Returns
// raw text; each format escapes it for itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/report.h"
#include "core/report/row_text.h"

namespace melisai::report {

struct Totals {
  std::size_t benchmarks = 0;  ///< with at least one metric in the report
  std::size_t compared = 0;    ///< metrics that exist on both sides and could be measured
  std::size_t gating = 0;      ///< of them
  std::size_t warn = 0;        ///< of them, of level warn
  std::size_t pairs = 0;       ///< judged, over all benchmark processes
};
Totals totals(const Report& report);

/// Whether the values came from files, so that nothing was run or measured in pairs.
bool is_of_files(const Report& report);

using Rows = std::vector<const BenchmarkResult*>;

/// Whether a regression of this row would be one of the report: it gates and nobody accepted it.
bool counts(const BenchmarkResult& row);

/// The decision in one word; a regression that does not count is a "warning" or "acknowledged".
std::string_view word_of(const BenchmarkResult& row);

/// What was judged with a consequence: gating metrics and those of level warn. Regressed first,
/// then inconclusive, failed, warnings, acknowledged, improved, new, removed, clear; within a word
/// what counts first, then the worst.
Rows deciding_rows(const Report& report);

/// The other metrics, in the order of the report.
Rows shown_rows(const Report& report);

/// Those of `rows` that need a reader's attention: neither clear, new, removed, nor an undecided
/// metric of level warn.
Rows findings(const Rows& rows);

/// "14 clear, 2 improved" over rows[first...], in the order of the rows.
std::string count_decisions(const Rows& rows, std::size_t first);

/// Verdict word first: "REGRESSION: parse/BM_Small cpu_time +5.1 % and 2 more".
std::string headline(const Report& report);

/// "Ran 3 benchmarks: 12 metrics compared (5 gate), 24 pairs, 41.2 s.", "Compared 3 benchmarks:
/// ..."
std::string what_ran(const Report& report);

/// How large a slowdown an inconclusive report may hide; "" for other verdicts.
std::string hidden_slowdown(const Report& report);

/// How many values a row rests on: "12" pairs, "10" values a side, "10, 9".
std::string count_text(const BenchmarkResult& row);

/// What to do about an error or an inconclusive report, one sentence; "" for pass and regression.
std::string next_action(const Report& report);

/// "New, not judged: a, b." and "Removed: c." for benchmarks on one side only; "" when there are
/// none.
std::string one_sided(const Report& report);

std::string decision_text(const BenchmarkResult& row);  ///< "warning", "regressed, not confirmed"

/// "+5.1 % (+3.0 to +7.0 %), threshold 5 %, 12 pairs, confirmed", "..., 10 and 9 values"
std::string evidence_text(const BenchmarkResult& row);

/// "Intel(R) Xeon(R) CPU, 2 CPUs, 8.0 GiB, Linux 6.1.0, kvm"; "" when nothing is known of it
std::string machine_text(const Machine& machine);

/// Seconds for people; "unknown" when not finite or absurd.
std::string seconds_text(double seconds);

}  // namespace melisai::report
