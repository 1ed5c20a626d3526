#include "core/supervise/graph.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/text.h"

namespace melisai::supervise {
namespace {

using Edges = std::vector<std::vector<std::size_t>>;

Result<std::map<std::string, std::size_t>> indices_of(const std::vector<Node>& nodes) {
  std::map<std::string, std::size_t> indices;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!indices.emplace(nodes[i].id, i).second)
      return Error{Errc::config, "module " + in_quotes(nodes[i].id) +
                                     " is registered twice; give one of them another id"};
  return indices;
}

Error unknown_dependency(const Node& node, const std::string& dependency,
                         const std::map<std::string, std::size_t>& indices) {
  std::vector<std::string> ids;
  ids.reserve(indices.size());
  for (const auto& [id, index] : indices) ids.push_back(id);
  const std::string near = nearest_name(dependency, ids);
  return {Errc::config, "module " + in_quotes(node.id) + " depends on " + in_quotes(dependency) +
                            ", which is not registered" +
                            (near.empty() ? "; register it or drop the dependency"
                                          : "; did you mean " + in_quotes(near) + "?")};
}

Result<Edges> edges_of(const std::vector<Node>& nodes) {
  MELISAI_TRY(const auto indices, indices_of(nodes));
  Edges needs(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const std::string& dependency : nodes[i].dependencies) {
      const auto found = indices.find(dependency);
      if (found == indices.end()) return unknown_dependency(nodes[i], dependency, indices);
      if (std::find(needs[i].begin(), needs[i].end(), found->second) == needs[i].end())
        needs[i].push_back(found->second);
    }
  return needs;
}

// Each of `left` needs another one of `left`: whoever follows the needs comes by one twice.
Error circle(const std::vector<Node>& nodes, const Edges& needs, const std::vector<bool>& left) {
  std::size_t at =
      static_cast<std::size_t>(std::find(left.begin(), left.end(), true) - left.begin());
  std::vector<std::size_t> path;
  while (std::find(path.begin(), path.end(), at) == path.end()) {
    path.push_back(at);
    at = *std::find_if(needs[at].begin(), needs[at].end(), [&](std::size_t d) { return left[d]; });
  }
  std::string text;
  for (auto step = std::find(path.begin(), path.end(), at); step != path.end(); ++step)
    text += in_quotes(nodes[*step].id) + " -> ";
  return {Errc::config, "modules depend on each other in a circle: " + text +
                            in_quotes(nodes[at].id) + "; drop one of these dependencies"};
}

}  // namespace

Result<Graph> Graph::make(const std::vector<Node>& nodes) {
  Graph graph;
  MELISAI_TRY(graph.needs_, edges_of(nodes));
  graph.needed_by_.resize(nodes.size());
  graph.level_.resize(nodes.size());
  std::vector<std::size_t> missing(nodes.size());
  std::set<std::size_t> ready;  // ordered: the result must not depend on anything but the input
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    missing[i] = graph.needs_[i].size();
    if (missing[i] == 0) ready.insert(i);
    for (const std::size_t needed : graph.needs_[i]) graph.needed_by_[needed].push_back(i);
  }
  std::vector<bool> left(nodes.size(), true);
  while (!ready.empty()) {
    const std::size_t node = *ready.begin();
    ready.erase(ready.begin());
    left[node] = false;
    graph.order_.push_back(node);
    for (const std::size_t dependent : graph.needed_by_[node]) {
      graph.level_[dependent] = std::max(graph.level_[dependent], graph.level_[node] + 1);
      if (--missing[dependent] == 0) ready.insert(dependent);
    }
  }
  if (graph.order_.size() < nodes.size()) return circle(nodes, graph.needs_, left);
  return graph;
}

std::vector<std::vector<std::size_t>> Graph::levels() const {
  std::vector<std::vector<std::size_t>> levels;
  for (std::size_t node = 0; node < level_.size(); ++node) {
    if (level_[node] >= levels.size()) levels.resize(level_[node] + 1);
    levels[level_[node]].push_back(node);
  }
  return levels;
}

std::vector<std::size_t> Graph::all_dependents(std::size_t node) const {
  std::vector<std::size_t> found = needed_by_[node];
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const std::size_t dependent : needed_by_[found[i]])
      if (std::find(found.begin(), found.end(), dependent) == found.end())
        found.push_back(dependent);
  return found;
}

}  // namespace melisai::supervise
