#include <algorithm>
#include <string>

#include "core/report/summary.h"

namespace melisai::report {
namespace {

std::string next_action_for_files(ReasonCode code) {
  switch (code) {
    case ReasonCode::budget:
      return "Compare more result files a side (a directory with one file a run), say how noisy "
             "they are with --noise-floor, or accept a larger --threshold; melisai-gate check "
             "measures both sides in turn until it can tell.";
    case ReasonCode::nothing_compared:
      return "Check with melisai-gate parse that both sides hold the same benchmarks, and that "
             "--only matches some of them.";
    case ReasonCode::bench_failed:
      return "Correct the failed benchmark and record its results again.";
    case ReasonCode::configuration:
      return "melisai-gate formats lists what can be read, and melisai-gate parse FILE shows what "
             "is read in a file.";
    case ReasonCode::disk: return "Free some space, or choose another directory with --output-dir.";
    case ReasonCode::interrupted: return "Compare again.";
    default: return "";
  }
}

/// What ended the measuring says what to raise.
std::string next_action_for_open(const Report& report) {
  const bool out_of_pairs = std::any_of(
      report.benchmarks.begin(), report.benchmarks.end(), [&](const BenchmarkResult& row) {
        const bool at_the_end = report.max_pairs > 0 && row.pairs >= report.max_pairs;
        const bool too_noisy = row.smallest_found && *row.smallest_found > row.threshold;
        return row.gating && row.decision == Decision::inconclusive && (at_the_end || too_noisy);
      });
  return std::string(out_of_pairs ? "Raise gate.max_pairs" : "Raise gate.budget") +
         ", run on a quieter machine, or accept a larger gate.threshold.";
}

}  // namespace

std::string next_action(const Report& report) {
  if (report.command == "import") return "";
  if (is_of_files(report) && report.reason_code != ReasonCode::internal)
    return next_action_for_files(report.reason_code);
  switch (report.reason_code) {
    case ReasonCode::clear:
    case ReasonCode::regressed: return "";
    case ReasonCode::budget: return next_action_for_open(report);
    case ReasonCode::nothing_compared:
      return "Check that the benchmarks exist at both commits and that --only matches some of "
             "them.";
    case ReasonCode::build_failed:
      return "Correct the build with the help of its log, then run the check again.";
    case ReasonCode::tests_failed:
      return "Correct the tests with the help of their log, then run the check again.";
    case ReasonCode::bench_failed:
      return "Run the failed benchmark by hand at that commit and correct it, then run the check "
             "again.";
    case ReasonCode::git:
      return "Check that both commits exist here and that the history reaches their merge base "
             "(git fetch --unshallow).";
    case ReasonCode::collector:
      return "Run melisai-gate plugins to see what the collector lacks, or take it out of "
             "collect.required, then run the check again.";
    case ReasonCode::baseline:
      return "Compare with --base merge-base, which measures both sides here, or record a baseline "
             "on this machine.";
    case ReasonCode::busy:
      return "Wait until the other melisai-gate has ended, then run the check again; --wait and "
             "measure.machine_wait do so for you.";
    case ReasonCode::disk:
      return "Free some space, or choose other directories with --state-dir and --output-dir, then "
             "run the check again.";
    case ReasonCode::interrupted:
      return "Run the check again; what was measured so far decides nothing.";
    case ReasonCode::configuration:
      return "Correct the pipeline file or the flags, then run the check again.";
    case ReasonCode::internal:
      return "This is a defect of melisai-gate: please report it together with report.json.";
  }
  return "";
}

}  // namespace melisai::report
