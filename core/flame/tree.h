// Stacks of several runs of two sides as one tree of calls. Private to core/flame. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/flame/difference.h"

namespace melisai::flame {

constexpr std::size_t kNodesMax = 500'000;  ///< calls beyond it count for their caller

/// Means per run, callees included.
struct Node {
  std::uint32_t frame = 0;
  double base = 0;
  double head = 0;
  std::vector<std::uint32_t> callees{};  ///< numbers of nodes, by name
  std::uint32_t merged = 0;              ///< > 0: no function but so many small ones together
};

struct Tree {
  std::vector<Node> nodes;         ///< 0 is the root: everything
  std::vector<StackFrame> frames;  ///< their names

  const Node& operator[](std::size_t number) const { return nodes[number]; }
  FrameKind kind_of(const Node& node) const;
  std::string name_of(const Node& node) const;
};

Tree tree_of(const Runs& runs);

enum class View { difference, base, head };
/// How wide a node is in a view. That of the difference has the mean of both sides, so that
/// functions which vanished still show.
double width_of(const Node& node, View view);

/// One node with its place; callees lie above their caller.
struct Box {
  std::uint32_t node = 0;
  int depth = 0;
  double left = 0;   ///< 0 to 1
  double width = 0;  ///< 0 to 1
};
/// Boxes narrower than `width_min` are merged with their neighbours into nodes that `tree` gets,
/// which are left out when they are too narrow together; at most `depth_max` deep. Callers come
/// before callees, from left to right.
std::vector<Box> boxes_of(Tree& tree, View view, double width_min, int depth_max);

}  // namespace melisai::flame
