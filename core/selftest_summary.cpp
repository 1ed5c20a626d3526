#include "core/selftest_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/gate/gate.h"
#include "core/stats/binomial.h"

namespace melisai {
namespace {

// A selftest that cries wolf once in 1,000 runs of a sound gate does not make people deaf.
constexpr double kDoubtful = 0.001;
constexpr double kLimitError = 0.05;
constexpr int kDecidedMin = 5;  // of each kind, before "kept" means anything
constexpr int kOpenMin = 3;     // trials that are not decided, before noise is blamed for them

int decided(const SelftestArm& arm) { return arm.red + arm.clear; }

bool is_too_often(int hits, const SelftestArm& arm, double rate) {
  return stats::binomial_tail(hits, arm.trials, rate) < kDoubtful;
}

bool is_noisy(const SelftestArm& arm) {
  return arm.inconclusive >= kOpenMin && 2 * decided(arm) < arm.trials;
}

std::string percent(double fraction) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", fraction * 100);
  return text.data();
}

std::string share(int part, int whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

/// So few trials cannot show that the promise is kept, only how badly it may be broken at most.
std::string kept_sentence(const SelftestSummary& summary) {
  const SelftestArm& equal = summary.equal;
  const SelftestArm& slow = summary.slow;
  return "The promise is not contradicted by " + std::to_string(equal.trials + slow.trials) +
         " trials: " + share(equal.red, equal.trials) + " equal programs turned red (at most " +
         percent(wrong_at_most(equal.red, equal)) + " do, promised are " +
         percent(summary.policy.false_alarm) + "), and " + share(slow.clear, slow.trials) +
         " slowdowns of " + percent(summary.slowdown) + " were called clear (at most " +
         percent(wrong_at_most(slow.clear, slow)) + " are, promised are " +
         percent(summary.policy.miss) + "), " + std::to_string(slow.red) +
         " were found. Upper limits hold with a confidence of " + percent(1 - kLimitError) + ".";
}

std::string broken_sentence(const SelftestSummary& summary) {
  const auto blame = [](const std::string& what, double rate) {
    return "The promise is broken: " + what + ", and " + percent(rate) +
           " do not explain that; please report it with the output of --json.";
  };
  if (is_too_often(summary.equal.red, summary.equal, summary.policy.false_alarm))
    return blame(share(summary.equal.red, summary.equal.trials) + " equal programs turned red",
                 summary.policy.false_alarm);
  return blame(share(summary.slow.clear, summary.slow.trials) + " slowdowns of " +
                   percent(summary.slowdown) + " were called clear",
               summary.policy.miss);
}

std::string doubtful_sentence(const SelftestSummary& summary) {
  const std::string counts = share(decided(summary.equal), summary.equal.trials) + " equal and " +
                             share(decided(summary.slow), summary.slow.trials) +
                             " slow trials were decided";
  // Nothing can be found, so neither noise nor time is to blame.
  const std::string cause = gate::cannot_turn_red(summary.policy.max_pairs);
  if (!cause.empty()) return "Cannot tell: " + cause + " (" + counts + ").";
  if (!is_noisy(summary.equal) && !is_noisy(summary.slow))
    return "Cannot tell: only " + counts + ", and each kind needs " + std::to_string(kDecidedMin) +
           "; give it more time with --budget.";
  std::string text = "Cannot tell: this machine is too noisy for a threshold of " +
                     percent(summary.policy.threshold) + " in " +
                     std::to_string(summary.policy.max_pairs) + " pairs (" + counts +
                     "); stop what else runs here, pin the gate to CPUs of its own, or choose a "
                     "larger --threshold or --max-pairs";
  if (summary.smallest_found && *summary.smallest_found > summary.policy.threshold &&
      std::isfinite(*summary.smallest_found))
    text += "; the smallest slowdown that shows here is about " + percent(*summary.smallest_found);
  return text + ".";
}

std::string row(const char* name, const SelftestArm& arm, const char* clear) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                "%-6s %3d trials: %3d red, %3d %s, %3d inconclusive; %.1f pairs on average\n", name,
                arm.trials, arm.red, arm.clear, clear, arm.inconclusive,
                arm.trials > 0 ? static_cast<double>(arm.pairs) / arm.trials : 0.0);
  return text.data();
}

}  // namespace

double wrong_at_most(int wrong, const SelftestArm& arm) {
  return stats::rate_limit(wrong, arm.trials, kLimitError);
}

SelftestVerdict verdict_of(const SelftestSummary& summary) {
  if (summary.interrupted) return SelftestVerdict::interrupted;
  const Policy& policy = summary.policy;
  if (is_too_often(summary.equal.red, summary.equal, policy.false_alarm) ||
      is_too_often(summary.slow.clear, summary.slow, policy.miss))
    return SelftestVerdict::broken;
  for (const SelftestArm* arm : {&summary.equal, &summary.slow})
    if (decided(*arm) < kDecidedMin || is_noisy(*arm)) return SelftestVerdict::cannot_tell;
  return SelftestVerdict::kept;
}

int exit_code_of(SelftestVerdict verdict) {
  switch (verdict) {
    case SelftestVerdict::kept: return 0;
    case SelftestVerdict::broken: return 1;
    case SelftestVerdict::cannot_tell: return 3;
    case SelftestVerdict::interrupted: return 4;
  }
  return 4;
}

std::string sentence_of(const SelftestSummary& summary) {
  switch (verdict_of(summary)) {
    case SelftestVerdict::kept: break;
    case SelftestVerdict::broken: return broken_sentence(summary);
    case SelftestVerdict::cannot_tell: return doubtful_sentence(summary);
    case SelftestVerdict::interrupted: return "Interrupted: too little was measured to tell.";
  }
  return kept_sentence(summary);
}

std::string text_of(const SelftestSummary& summary) {
  std::string text = row("equal", summary.equal, "clear") + row("slow", summary.slow, "missed");
  if (summary.spread)
    text += "noise  " + percent(*summary.spread) + " spread of the " + summary.metric +
            " ratio of one pair";
  if (summary.spread && summary.smallest_found)
    text += "; smallest slowdown found in " + std::to_string(summary.policy.max_pairs) +
            " pairs: " + percent(*summary.smallest_found);
  if (summary.spread) text += "\n";
  return text + sentence_of(summary) + "\n";
}

}  // namespace melisai
