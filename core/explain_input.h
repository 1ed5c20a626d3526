// What passes over a regressed benchmark saw, as numbers for the cause of its slowdown. Pure.
// Private to core/explain.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/gate/cause/cause.h"
#include "core/measure/measure.h"
#include "core/model/host_report.h"
#include "core/model/metric.h"
#include "core/model/report.h"

namespace melisai {

/// A benchmark that regressed, and what its timed pairs say.
struct Slowdown {
  std::string benchmark;    ///< full name
  std::size_t subject = 0;  ///< the process that it belongs to, of those that were given
  BenchmarkResult worst;    ///< the regressed metric that says most: a time, where one regressed
  bool is_time = true;      ///< whether that is a time, or a rate
  std::optional<BenchmarkResult> counted{};  ///< the count that regressed most, where one did
  bool whole_process = true;  ///< the process itself is measured: medians below are of its runs
  gate::Observed wall_time, cpu_time;  ///< medians of the timed pairs, ns; empty: not measured
};

/// Of the results that count and that nobody accepted, the worst first. One for each benchmark.
std::vector<Slowdown> slowdowns_of(const std::vector<BenchmarkResult>& results,
                                   const std::vector<measure::Subject>& subjects);

/// For gate::explain_count(), of a metric that is no time.
gate::CountedGrowth growth_of(const BenchmarkResult& count);

/// Of one run of each side, by the timed pairs; a side that is not known is left out.
double wall_of_both(const Slowdown& slowdown);

/// One run of one side with collectors around it.
struct ObservedRun {
  double wall_ns = 0;
  std::vector<Sample> samples;
  HostCategories parts;
};
struct ObservedRuns {
  std::vector<ObservedRun> base, head;
};

/// By what numbers of head are multiplied to be of the work that base did. 1 for fixed work; a
/// harness that runs for a fixed time does less of what takes longer.
double same_work(const Slowdown& slowdown, const ObservedRuns& runs);

/// What counting says; times are those of the timed pairs where these are of the whole process.
gate::CauseInput counted_input(const Slowdown& slowdown, const ObservedRuns& counts);

/// Adds to waits off the CPU, which are of these runs, how long the runs took. A wait whose runs
/// are not known is taken out: an idle thread may be all of it.
void add_watched_times(const Slowdown& slowdown, const ObservedRuns& stacks,
                       gate::CauseInput& input);

/// Adds what deep tools say. Returns what else they show, one line; may be empty.
std::string add_deep(const Slowdown& slowdown, const ObservedRuns& deep, gate::CauseInput& input);

/// How much longer head takes, ns; 0 when it is not known.
double gap_of(const gate::CauseInput& input);

/// Whether at least half of that is CPU time.
bool is_cpu_bound(const gate::CauseInput& input);

/// What a collector's part said in a run; null when it said nothing.
const HostResult* part_of(const ObservedRun& run, std::string_view part);
/// What went wrong with it, with or without data.
std::vector<std::string> errors_of(const ObservedRun& run, std::string_view part);

}  // namespace melisai
