#include "core/flame/stacks.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace melisai::flame {
namespace {

constexpr double kWeightMax = 1e18;

StackFrame folded_frame(std::string_view name, bool process) {
  if (process) return {std::string(name), FrameKind::process};
  const auto marked = [&](std::string_view mark) { return name.ends_with(mark); };
  if (marked("_[k]")) return {std::string(name.substr(0, name.size() - 4)), FrameKind::kernel};
  if (marked("_[j]")) return {std::string(name.substr(0, name.size() - 4)), FrameKind::jit};
  // Frames that were inlined are frames all the same.
  if (marked("_[i]")) return {std::string(name.substr(0, name.size() - 4)), FrameKind::program};
  const bool unknown = name.starts_with('[') && name.ends_with(']');
  return {std::string(name), unknown ? FrameKind::unknown : FrameKind::program};
}

std::string folded_name(const StackFrame& frame) {
  switch (frame.kind) {
    case FrameKind::kernel: return frame.name + "_[k]";
    case FrameKind::jit: return frame.name + "_[j]";
    default: return frame.name;
  }
}

// Nothing for a line that is none.
bool parse_line(std::string_view line, FoldedOptions options, Stacks& stacks) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos || space == 0) return false;
  double weight = 0;
  const auto [end, error] =
      std::from_chars(line.data() + space + 1, line.data() + line.size(), weight);
  if (error != std::errc() || end != line.data() + line.size() || !(weight >= 0) ||
      weight > kWeightMax)
    return false;
  line = line.substr(0, space);
  std::vector<StackFrame> frames;
  while (!line.empty() && frames.size() < kDepthMax) {
    const std::size_t next = std::min(line.find(';'), line.size());
    frames.push_back(folded_frame(line.substr(0, next), options.process_first && frames.empty()));
    line.remove_prefix(std::min(next + 1, line.size()));
  }
  stacks.add(frames, weight);
  return true;
}

}  // namespace

std::uint32_t Stacks::frame(const StackFrame& frame) {
  if (const auto seen = known_.find(frame); seen != known_.end()) return seen->second;
  const StackFrame common{common_name(frame.name, frame.kind), frame.kind};
  const auto [at, added] = numbers_.emplace(common, static_cast<std::uint32_t>(frames_.size()));
  if (added) frames_.push_back(common);
  known_.emplace(frame, at->second);
  return at->second;
}

void Stacks::add(Stack stack, double weight) {
  if (!(weight > 0) || !std::isfinite(weight) || stack.empty()) return;
  total_ += weight;
  if (stack.size() > kDepthMax) stack.resize(kDepthMax);
  if (const auto known = stacks_.find(stack); known != stacks_.end()) {
    known->second += weight;
  } else if (stacks_.size() < kStacksMax) {
    stacks_.emplace(std::move(stack), weight);
  } else {
    left_out_ += weight;
  }
}

void Stacks::add(std::span<const StackFrame> stack, double weight) {
  Stack numbers;
  for (const StackFrame& each : stack) numbers.push_back(frame(each));
  add(std::move(numbers), weight);
}

Folded parse_folded(std::string_view text, FoldedOptions options) {
  Folded folded;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && !parse_line(line, options, folded.stacks)) ++folded.skipped;
  }
  return folded;
}

std::string to_folded(const Stacks& stacks) {
  std::map<std::string, double> lines;
  for (const auto& [stack, weight] : stacks.all()) {
    std::string line;
    for (const std::uint32_t number : stack)
      line += (line.empty() ? "" : ";") + folded_name(stacks.frame(number));
    lines[line] += weight;
  }
  std::string text;
  for (const auto& [line, weight] : lines)
    if (const long long rounded = std::llround(weight); rounded > 0)
      text += line + " " + std::to_string(rounded) + "\n";
  return text;
}

}  // namespace melisai::flame
