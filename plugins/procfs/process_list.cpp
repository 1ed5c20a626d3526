#include "plugins/procfs/process_list.h"

#include <unordered_map>

namespace melisai::plugins::procfs {

ProcessList list_processes(const std::string& proc, std::size_t count_max) {
  ProcessList list;
  for (const std::int64_t number : numbered_entries(proc, count_max)) {
    const auto text = read_text(proc + "/" + std::to_string(number) + "/stat");
    if (!text) continue;
    if (const auto stat = parse_process_stat(*text))
      list.emplace(number, ListedProcess{*stat, std::string(process_name(*text))});
  }
  return list;
}

std::set<std::int64_t> trees_of(const ProcessList& list, const std::vector<std::int64_t>& roots,
                                const std::set<std::int64_t>& others) {
  std::unordered_multimap<std::int64_t, std::int64_t> children;
  for (const auto& [number, process] : list) children.emplace(process.stat.parent, number);
  std::set<std::int64_t> found;
  std::vector<std::int64_t> waiting = roots;
  while (!waiting.empty()) {
    const std::int64_t number = waiting.back();
    waiting.pop_back();
    if (!list.contains(number) || others.contains(number) || !found.insert(number).second) continue;
    const auto [first, last] = children.equal_range(number);
    for (auto child = first; child != last; ++child) waiting.push_back(child->second);
  }
  return found;
}

}  // namespace melisai::plugins::procfs
