#include "core/flame/collected.h"

#include <map>
#include <optional>

#include "core/symbols/stack_shape.h"

namespace melisai::flame {
namespace {

class Namer {
 public:
  Namer(const CollectedStacks& collected, symbols::Symbolizer& symbolizer)
      : collected_(collected), symbolizer_(symbolizer), images_(collected.files.size()) {}

  void add(const CollectedStack& stack, double weight, Stacks& to) {
    Stack numbers{process_number(stack.comm, to)};
    symbols::StackEnds ends{.weight = weight};
    for (auto at = stack.user.rbegin(); at != stack.user.rend(); ++at) {
      const bool leaf = at + 1 == stack.user.rend();
      const symbols::FrameId id = resolve(stack.pid, *at, leaf);
      if (const auto skipped = leaf ? skipped_caller(stack, id) : std::nullopt)
        numbers.push_back(known_frame(*skipped, to).number);
      const Known& known = known_frame(id, to);
      ends.rooted = ends.rooted || known.jit || (at == stack.user.rbegin() && known.starts);
      ends.leaf_named = symbolizer_.frame(id).resolved;
      numbers.push_back(known.number);
    }
    for (auto at = stack.kernel.rbegin(); at != stack.kernel.rend(); ++at)
      numbers.push_back(known_frame(symbolizer_.kernel(*at), to).number);
    // Threads of the kernel have no user code to be whole.
    if (!stack.user.empty()) shape_.add(ends);
    to.add(std::move(numbers), weight);
  }
  std::string advice() const { return shape_.advice(); }
  std::map<StackFrame, symbols::FrameId> places(const Stacks& stacks) const {
    std::map<StackFrame, symbols::FrameId> places;
    for (symbols::FrameId id = 0; id < known_.size(); ++id)
      if (known_[id].seen) places.emplace(stacks.frame(known_[id].number), id);
    return places;
  }

 private:
  struct Known {
    std::uint32_t number = 0;  // in the stacks
    bool seen = false;
    bool starts = false;
    bool jit = false;
  };

  symbols::FrameId resolve(std::uint32_t pid, const CollectedFrame& frame, bool leaf) {
    if (frame.file < 0) return symbolizer_.resolve(pid, {frame.offset, leaf});
    return symbolizer_.resolve_in(image_of(pid, frame), {frame.offset, leaf});
  }
  std::uint32_t image_of(std::uint32_t pid, const CollectedFrame& frame) {
    const auto index = static_cast<std::size_t>(frame.file);
    const CollectedFile& file = collected_.files[index];
    if (!images_[index])
      images_[index] = symbolizer_.image(
          pid, {.path = file.path, .inode = file.inode, .build_id = file.build_id});
    return *images_[index];
  }
  // Who has no frame, as functions of the C library or one that has just begun, hides its caller
  // from a walk along frames. The call that the next frame will return from says who that is.
  std::optional<symbols::FrameId> skipped_caller(const CollectedStack& stack,
                                                 symbols::FrameId leaf) {
    if (stack.user.size() > 1 && stack.user[1].file >= 0) {
      const CollectedFrame& next = stack.user[1];
      const auto call = symbolizer_.call_before(image_of(stack.pid, next), next.offset);
      if (call && call->callee) return *call->callee == leaf ? std::nullopt : call->callee;
    }
    return caller_on_top(stack, leaf);
  }
  // By a pointer, or without frames at all: the first place of the program on top of the stack that
  // a call returns to. Only below libraries: what lies there is not of their callers' own making.
  std::optional<symbols::FrameId> caller_on_top(const CollectedStack& stack,
                                                symbols::FrameId leaf) {
    if (symbolizer_.frame(leaf).frame.kind != FrameKind::library) return std::nullopt;
    for (const CollectedFrame& place : stack.top) {
      if (place.file < 0) continue;
      const symbols::FrameId id = resolve(stack.pid, place, false);
      const symbols::Frame& frame = symbolizer_.frame(id);
      if (frame.frame.kind != FrameKind::program || !frame.resolved) continue;
      // Where a function begins is a pointer to it: nothing returns there.
      if (resolve(stack.pid, place, true) != id) continue;
      if (!symbolizer_.call_before(image_of(stack.pid, place), place.offset)) continue;
      const bool known = stack.user.size() > 1 && resolve(stack.pid, stack.user[1], false) == id;
      return known ? std::nullopt : std::optional(id);
    }
    return std::nullopt;
  }
  // Names are looked at once a function, not once a frame.
  const Known& known_frame(symbols::FrameId id, Stacks& to) {
    if (id >= known_.size()) known_.resize(id + std::size_t{1});
    Known& known = known_[id];
    if (known.seen) return known;
    const StackFrame& frame = symbolizer_.frame(id).frame;
    known = {to.frame(frame), true, symbols::starts_a_thread(frame), frame.kind == FrameKind::jit};
    return known;
  }
  std::uint32_t process_number(const std::string& comm, Stacks& to) {
    const auto [at, added] = processes_.emplace(comm, 0);
    if (added) at->second = to.frame({comm, FrameKind::process});
    return at->second;
  }

  const CollectedStacks& collected_;
  symbols::Symbolizer& symbolizer_;
  std::vector<std::optional<std::uint32_t>> images_;
  std::vector<Known> known_;  // by FrameId
  std::map<std::string, std::uint32_t> processes_;
  symbols::StackShape shape_;
};

}  // namespace

Named name_stacks(const CollectedStacks& collected, Weight weight,
                  symbols::Symbolizer& symbolizer) {
  Named named;
  Namer namer(collected, symbolizer);
  for (const CollectedStack& stack : collected.stacks)
    namer.add(stack, weight == Weight::time ? stack.total_ns : stack.count, named.stacks);
  named.advice = namer.advice();
  named.places = namer.places(named.stacks);
  return named;
}

}  // namespace melisai::flame
