// Graph: which module needs which, as indices in the order of registration. Pure values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace melisai::supervise {

struct Node {
  std::string id;
  std::vector<std::string> dependencies;  ///< one named twice counts once
};

class Graph {
 public:
  /// Errors (config): an id twice, a dependency nobody has, a circle (its members are named).
  static Result<Graph> make(const std::vector<Node>& nodes);

  /// Dependencies first; among equals, the order of registration.
  const std::vector<std::size_t>& order() const { return order_; }
  /// What may start together: level 0 needs nobody, level n somebody of level n-1.
  std::vector<std::vector<std::size_t>> levels() const;
  std::size_t level(std::size_t node) const { return level_[node]; }
  const std::vector<std::size_t>& dependencies(std::size_t node) const { return needs_[node]; }
  const std::vector<std::size_t>& dependents(std::size_t node) const { return needed_by_[node]; }
  /// Direct and indirect dependents, the nearest first.
  std::vector<std::size_t> all_dependents(std::size_t node) const;

 private:
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<std::vector<std::size_t>> needed_by_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> level_;
};

}  // namespace melisai::supervise
