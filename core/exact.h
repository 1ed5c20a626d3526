// Exact counts: instructions of short commands under callgrind, in runs of their own before the
// timed pairs. Says what was counted, never what it means: that is core/gate. Used by core/trial.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/explain_instructions.h"
#include "core/gate/gate.h"
#include "core/measure/measure.h"
#include "core/model/progress.h"

namespace melisai {

class ExactCounter {
 public:
  struct Tools {
    const Clock& clock;
    ProgressSink& progress;
    measure::Counters counters;
    /// One run of one side of a subject under a tool. Errors: interrupted, timeout, and others of
    /// this machine.
    std::function<Result<measure::PairRunner::UnderTool>(
        std::size_t subject, bool base, const std::vector<std::string>& tool, Milliseconds left)>
        run_under;
  };
  ExactCounter(const Policy& policy, Tools tools) : policy_(policy), tools_(std::move(tools)) {}

  /// Of the subjects whose instructions are to be counted, those that take least first, as far as
  /// the budget reaches. `warm_ups`: what they took bare. Errors: interrupted.
  Result<std::vector<gate::Counts>> count(std::span<const measure::Subject> subjects,
                                          std::span<const Pair> warm_ups);

  /// Which functions did what, of the subjects that do more on head.
  const std::map<std::size_t, WorkRuns>& grown() const { return grown_; }
  /// Benchmarks that the budget left out, or cut.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  struct Candidate {
    std::size_t subject = 0;
    std::string benchmark;
    bool required = false;
    double base_ns = 0, wall_ns = 0;  ///< of one bare run of base, of one of each side
    RunLine base_line, head_line;
  };
  struct Counted {
    gate::Counts instructions, allocations;
    WorkRuns work;
  };
  std::vector<Candidate> candidates(std::span<const measure::Subject> subjects,
                                    std::span<const Pair> warm_ups) const;
  Result<Counted> count_one(const Candidate& candidate);
  Result<void> count_round(const Candidate& candidate, Counted& counted);
  int suite_with(std::span<const Candidate> all, std::span<const Pair> warm_ups) const;
  std::string why_not(const Candidate& candidate) const;
  std::string budget_ended() const;
  std::chrono::nanoseconds left() const;

  const Policy& policy_;
  Tools tools_;
  std::chrono::nanoseconds end_{0};
  int suite_ = 1;  ///< over how many series the false alarms may be split
  std::map<std::size_t, WorkRuns> grown_;
  std::vector<std::string> left_out_;
};

}  // namespace melisai
