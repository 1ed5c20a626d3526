// Which functions cost more on head than on base, over several profiling runs of each. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/flame/stacks.h"

namespace melisai::flame {

/// Profiles of both sides, one a run; at least one each to say anything.
struct Runs {
  std::vector<Stacks> base, head;
  /// What one sample or event weighs: 1 for counts, the period for times (5e6 for nanoseconds at
  /// 199 Hz). The noise of counting follows from it. 0: weights are measured one by one, and their
  /// noise is seen in the runs alone.
  double sample = 1;
};

/// Means per run of one side.
struct FunctionCost {
  double self = 0;   ///< it was the innermost
  double total = 0;  ///< it was anywhere on the stack, counted once
  /// It was the innermost function of the program itself: what kernel, libraries and the runtime
  /// did on its behalf is its cost.
  double own = 0;
  double share = 0;  ///< of `own` in the run's total, 0 to 1
  bool operator==(const FunctionCost&) const = default;
};

struct FunctionChange {
  StackFrame function;
  FunctionCost base, head;
  /// That `own` grew at all: 1 - the chance that equal programs show this growth in any function of
  /// the table. With one run a side only sampling noise is in it.
  double confidence = 0;
  double growth() const { return head.own - base.own; }
};

/// Every function of both sides, the largest growth of `own` first, what shrank last.
std::vector<FunctionChange> compare_functions(const Runs& runs);

/// Whether a frame works on behalf of its caller: kernel, libraries, allocators, C++'s and C's
/// library wherever they are linked.
bool serves_its_caller(const StackFrame& frame);

}  // namespace melisai::flame
