#include "core/symbols/stack_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace melisai::symbols {
namespace {

// A fifth: signal handlers, assembler and prologues break a few stacks of every program.
constexpr double kRootlessMax = 0.2;
constexpr double kUnresolvedMax = 0.2;

std::string percent(double part) { return std::to_string(std::lround(part * 100)) + " %"; }

}  // namespace

// Prefixes, because C libraries add versions and suffixes.
bool starts_a_thread(const StackFrame& frame) {
  constexpr std::array<std::string_view, 9> kRoots{
      "_start",  "__libc_start", "main",      "start_thread",  "thread_start",
      "__clone", "clone",        "_dl_start", "runtime.goexit"};
  return std::any_of(kRoots.begin(), kRoots.end(),
                     [&](std::string_view root) { return frame.name.starts_with(root); });
}

void StackShape::add(const StackEnds& stack) {
  weight_ += stack.weight;
  if (!stack.rooted) rootless_ += stack.weight;
  if (!stack.leaf_named) unresolved_ += stack.weight;
}

std::string StackShape::advice() const {
  if (rootless() > kRootlessMax)
    return percent(rootless()) +
           " of the stacks end before main: code without frame pointers. Build the program with "
           "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer (Rust: -C "
           "force-frame-pointers=yes); callers are missing in the graphs until then";
  if (unresolved() > kUnresolvedMax)
    return percent(unresolved()) +
           " of the stacks end in code without names: do not strip the program, or install its "
           "debug symbols";
  return "";
}

}  // namespace melisai::symbols
