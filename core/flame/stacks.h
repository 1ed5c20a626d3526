// Stacks with weights: what a profile is once addresses have names. Equal stacks are one, whatever
// the address randomisation, and however the compiler split and renamed its functions. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/stack_frame.h"

namespace melisai::flame {

constexpr std::size_t kDepthMax = 512;  ///< frames of one stack; the innermost ones beyond are cut
constexpr std::size_t kStacksMax = 500'000;
constexpr std::size_t kNameBytesMax = 2'000;

/// The name that builds of one function have in common: without what compilers and linkers append
/// (".constprop.0", ".isra.0", ".part.1", ".cold", ".llvm.123", "[clone ...]", "@plt",
/// "@@GLIBC_2.34"), offsets ("+0x1f") and hashes. Clean text of one line.
std::string common_name(std::string_view name, FrameKind kind = FrameKind::program);

/// Root first, by number of frame.
using Stack = std::vector<std::uint32_t>;

class Stacks {
 public:
  /// The number of a frame, by its common name.
  std::uint32_t frame(const StackFrame& frame);
  const StackFrame& frame(std::uint32_t number) const { return frames_[number]; }
  std::size_t frames() const { return frames_.size(); }

  /// `weight`: finite, > 0 (others are ignored).
  void add(Stack stack, double weight);
  void add(std::span<const StackFrame> stack, double weight);

  const std::map<Stack, double>& all() const { return stacks_; }
  double total() const { return total_; }
  double left_out() const { return left_out_; }  ///< weight beyond kStacksMax; in the total

 private:
  std::vector<StackFrame> frames_;
  std::map<StackFrame, std::uint32_t> numbers_;
  std::map<StackFrame, std::uint32_t> known_;  // as they came, before their common names
  std::map<Stack, double> stacks_;
  double total_ = 0;
  double left_out_ = 0;
};

/// Read a text of folded stacks, "main;f;g 12" a line: names from the root on, then a weight that
/// is not negative. "_[k]" and "_[j]" at the end of a name mark code of the kernel and of a JIT, a
/// name in brackets one that nobody knows. `process_first`: the first name is that of the process.
struct FoldedOptions {
  bool process_first = false;
};
struct Folded {
  Stacks stacks;
  std::size_t skipped = 0;  ///< lines without a weight, or without a name
};
Folded parse_folded(std::string_view text, FoldedOptions options = {});

/// The same form, lines in the order of their text, weights rounded to whole numbers; lines that
/// round to nothing are left out.
std::string to_folded(const Stacks& stacks);

}  // namespace melisai::flame
