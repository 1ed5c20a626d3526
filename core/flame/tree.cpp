#include "core/flame/tree.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace melisai::flame {
namespace {

class Builder {
 public:
  Builder() { number_of({"all", FrameKind::process}); }

  void add(const std::vector<Stacks>& runs, double Node::*side) {
    for (const Stacks& run : runs) {
      const double part = 1 / static_cast<double>(runs.size());
      std::vector<std::uint32_t> numbers;
      for (std::uint32_t i = 0; i < run.frames(); ++i) numbers.push_back(number_of(run.frame(i)));
      tree_.nodes[0].*side += run.total() * part;
      for (const auto& [stack, weight] : run.all()) {
        std::uint32_t at = 0;
        for (const std::uint32_t number : stack) {
          const std::optional<std::uint32_t> next = callee(at, numbers[number]);
          if (!next) break;
          at = *next;
          tree_.nodes[at].*side += weight * part;
        }
      }
    }
  }
  Tree finish() {
    for (Node& node : tree_.nodes)
      std::sort(node.callees.begin(), node.callees.end(), [&](std::uint32_t a, std::uint32_t b) {
        return tree_.frames[tree_[a].frame] < tree_.frames[tree_[b].frame];
      });
    return std::move(tree_);
  }

 private:
  std::uint32_t number_of(const StackFrame& frame) {
    const auto [at, added] =
        numbers_.emplace(frame, static_cast<std::uint32_t>(tree_.frames.size()));
    if (added) tree_.frames.push_back(frame);
    return at->second;
  }
  std::optional<std::uint32_t> callee(std::uint32_t caller, std::uint32_t frame) {
    const std::uint64_t key = std::uint64_t{caller} << 32 | frame;
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (tree_.nodes.size() >= kNodesMax) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(tree_.nodes.size());
    known_.emplace(key, number);
    tree_.nodes[caller].callees.push_back(number);
    tree_.nodes.push_back({.frame = frame});
    return number;
  }

  Tree tree_{.nodes = {Node{}}, .frames = {}};
  std::map<StackFrame, std::uint32_t> numbers_;
  std::unordered_map<std::uint64_t, std::uint32_t> known_;  // by caller's node and callee's frame
};

struct Layout {
  Tree& tree;
  View view;
  double width_min;
  int depth_max;
  double scale;
  std::vector<Box> boxes{};

  void add(std::uint32_t number, int depth, double left) {
    boxes.push_back({number, depth, left, width_of(tree[number], view) * scale});
    if (depth == depth_max || tree[number].merged > 0) return;
    // A copy: nodes for what is merged move the tree.
    const std::vector<std::uint32_t> callees = tree[number].callees;
    Node rest;
    for (const std::uint32_t callee : callees) {
      const double width = width_of(tree[callee], view) * scale;
      if (width < width_min) {
        rest.base += tree[callee].base;
        rest.head += tree[callee].head;
        ++rest.merged;
        continue;
      }
      add(callee, depth + 1, left);
      left += width;
    }
    if (rest.merged == 0 || width_of(rest, view) * scale < width_min) return;
    tree.nodes.push_back(rest);
    boxes.push_back({static_cast<std::uint32_t>(tree.nodes.size() - 1), depth + 1, left,
                     width_of(rest, view) * scale});
  }
};

}  // namespace

FrameKind Tree::kind_of(const Node& node) const {
  return node.merged > 0 ? FrameKind::unknown : frames[node.frame].kind;
}

std::string Tree::name_of(const Node& node) const {
  return node.merged > 0 ? "(" + std::to_string(node.merged) + " small functions)"
                         : frames[node.frame].name;
}

Tree tree_of(const Runs& runs) {
  Builder builder;
  builder.add(runs.base, &Node::base);
  builder.add(runs.head, &Node::head);
  return builder.finish();
}

double width_of(const Node& node, View view) {
  switch (view) {
    case View::base: return node.base;
    case View::head: return node.head;
    case View::difference: break;
  }
  return (node.base + node.head) / 2;
}

std::vector<Box> boxes_of(Tree& tree, View view, double width_min, int depth_max) {
  const double all = width_of(tree[0], view);
  if (!(all > 0)) return {};
  Layout layout{tree, view, width_min, depth_max, 1 / all};
  layout.add(0, 0, 0);
  return std::move(layout.boxes);
}

}  // namespace melisai::flame
