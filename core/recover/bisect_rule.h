// The statistics of a bisection: which series it searches for, how strictly each comparison is
// judged so that the whole search errs no more often than the policy allows, and what the results
// of one comparison answer. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/model/metric.h"
#include "core/model/project.h"
#include "core/model/report.h"
#include "core/recover/bisect_search.h"

namespace melisai::recover {

struct BisectRule {
  std::vector<SeriesId> series;  ///< which the bad commit made slower; none: nothing to search for
  Policy policy;                 ///< of each comparison with the good commit, and of the last one
};

/// What `bad_against_good`, judged by `policy`, leaves to search for: the gating regressions that
/// were confirmed. `answers`: how many the search needs, the final comparison included; >= 1.
///
/// A commit is asked with half of the slowdown (on the logarithmic scale) as threshold: as slow as
/// the bad commit is twice that, so the estimate may be wrong by a factor of two, and as fast as
/// the good one is 0. In between, after the first of several slowdowns, either answer leads to a
/// commit that is slower than its parent.
///
/// Half of a slowdown at smaller error rates takes more pairs, so there may be eight times
/// policy.max_pairs; policy.budget holds for each comparison.
///
/// Errors add up over the answers (Bonferroni), so each gets policy.false_alarm / answers and
/// policy.miss / answers.
BisectRule bisect_rule(const Policy& policy, const std::vector<BenchmarkResult>& bad_against_good,
                       int answers);

/// One answer, and the numbers that it rests on.
struct Judged {
  Answer answer = Answer::unknown;
  std::string why;         ///< of unknown, one line
  BenchmarkResult result;  ///< the series that decided: the slowest, or the one that is not known
};

/// `results`: of a comparison judged by rule.policy. Slow when any series regressed, fast when all
/// are known not to.
Judged judge(const std::vector<BenchmarkResult>& results, const BisectRule& rule);

/// Greatest probability that a slow or fast answer under `policy` is wrong: of slow, that the
/// commit is not slower at all; of fast, that it is slower by the threshold or more.
double error_of(Answer answer, const Policy& policy);

}  // namespace melisai::recover
