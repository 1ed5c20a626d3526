// What a selftest measured, as numbers, and what follows from them. Pure. Private to the selftest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/project.h"

namespace melisai {

/// The trials of one kind; each is a suite of its own that the gate decided on.
struct SelftestArm {
  int trials = 0;
  int red = 0;    ///< a confirmed regression
  int clear = 0;  ///< of equal programs: nothing regressed, all decided; of a slowdown: missed
  int inconclusive = 0;
  int pairs = 0;  ///< of all trials
  bool operator==(const SelftestArm&) const = default;
};

struct SelftestSummary {
  Policy policy;
  std::uint64_t seed = 0;
  double seconds = 0;
  double run_ms = 0;    ///< CPU time of one run of the workload
  double slowdown = 0;  ///< that the slow trials had, a fraction, at least the threshold
  SelftestArm equal;    ///< base = head
  SelftestArm slow;
  std::string metric;            ///< the time that gated most trials; "" before the first
  std::optional<double> spread;  ///< robust standard deviation of the log ratio of one pair; median
                                 ///< over the trials
  std::optional<double> smallest_found;  ///< noise floor, a fraction; median over equal trials
  bool interrupted = false;
};

enum class SelftestVerdict { kept, broken, cannot_tell, interrupted };

/// Broken: so many false alarms or misses come with rates that keep the promise in less than one of
/// 1,000 selftests. Kept, that is not contradicted, needs five decided trials of each kind, and
/// half of each kind decided.
SelftestVerdict verdict_of(const SelftestSummary& summary);

/// 0 kept, 1 broken, 3 cannot tell, 4 interrupted.
int exit_code_of(SelftestVerdict verdict);

/// One sentence: the verdict, why, and what to do.
std::string sentence_of(const SelftestSummary& summary);

/// The numbers and the sentence, for people; ends with a newline.
std::string text_of(const SelftestSummary& summary);

/// One object, described in core/README.md; ends with a newline.
std::string json_of(const SelftestSummary& summary);

/// How often such a trial goes wrong at most, with a confidence of 95 %; `wrong`: how many did.
double wrong_at_most(int wrong, const SelftestArm& arm);

}  // namespace melisai
