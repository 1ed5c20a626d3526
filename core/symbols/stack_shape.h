// Do the stacks of a profile look as if code had no frame pointers? Pure.
#pragma once

#include <string>

#include "core/model/stack_frame.h"

namespace melisai::symbols {

/// Whether walks of whole stacks end in such a function: it starts a program or a thread.
bool starts_a_thread(const StackFrame& frame);

/// What a stack of user code looks like.
struct StackEnds {
  bool rooted = false;      ///< its outermost function starts a thread, or code of a JIT is on it
  bool leaf_named = false;  ///< its innermost function is known
  double weight = 1;
};

/// All stacks of a profile, by weight.
class StackShape {
 public:
  void add(const StackEnds& stack);
  double rootless() const { return part(rootless_); }      ///< 0 to 1
  double unresolved() const { return part(unresolved_); }  ///< 0 to 1
  /// What to do, for people; "" when stacks look whole.
  std::string advice() const;

 private:
  double part(double weight) const { return weight_ > 0 ? weight / weight_ : 0; }

  double weight_ = 0;
  double rootless_ = 0;
  double unresolved_ = 0;
};

}  // namespace melisai::symbols
