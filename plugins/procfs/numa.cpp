#include "plugins/procfs/numa.h"

#include <algorithm>
#include <utility>

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kEntriesMax = 4096;
constexpr std::size_t kZonesMax = 4096;
constexpr std::string_view kNode = "node";

constexpr std::string_view kCounters[] = {"numa_hit", "numa_miss", "numa_foreign"};

// "Node 0 MemTotal:  16384 kB", in bytes.
std::optional<std::int64_t> node_bytes(std::string_view meminfo, std::int64_t node,
                                       std::string_view key) {
  const auto kib = count_after(meminfo, "Node " + std::to_string(node) + " " + std::string(key));
  if (!kib) return std::nullopt;
  return std::min(*kib, std::int64_t{1} << 49) * 1024;
}

Json distances(const std::string& text) {
  Json list = Json::array();
  for (const std::string_view word : words(text))
    if (const auto distance = to_count(word)) list.push_back(*distance);
  return list;
}

}  // namespace

NumaNodes::NumaNodes(const std::string& sys) : directory_(sys + "/devices/system/node/") {}

void NumaNodes::start() { before_ = read_numastats(); }

std::map<std::int64_t, std::string> NumaNodes::read_numastats() const {
  std::map<std::int64_t, std::string> texts;
  for (const std::string& name : entry_names(directory_, kEntriesMax))
    if (name.starts_with(kNode))
      if (const auto node = to_count(std::string_view(name).substr(kNode.size())))
        texts[*node] = read_text(directory_ + name + "/numastat").value_or("");
  return texts;
}

void NumaNodes::put(Json& data) const {
  for (const auto& [node, text] : read_numastats()) {
    const std::string& after = text;  // a lambda takes no binding
    const std::string path = directory_ + std::string(kNode) + std::to_string(node) + "/";
    const std::string meminfo = read_text(path + "meminfo").value_or("");
    Json entry = {{"node", node}};
    procfs::put(entry, "mem_total_bytes", node_bytes(meminfo, node, "MemTotal:"));
    procfs::put(entry, "mem_free_bytes", node_bytes(meminfo, node, "MemFree:"));
    const auto before = before_.find(node);
    const auto grown = [&](std::string_view counter) -> std::optional<std::int64_t> {
      if (before == before_.end()) return std::nullopt;
      return growth_after(before->second, after, std::string(counter) + " ");
    };
    for (const std::string_view counter : kCounters) procfs::put(entry, counter, grown(counter));
    const auto hits = grown("numa_hit");
    const auto misses = grown("numa_miss");
    if (hits && misses)
      procfs::put(entry, "miss_ratio",
                  percent(static_cast<double>(*misses), static_cast<double>(*hits + *misses)));
    if (auto list = distances(read_text(path + "distance").value_or("")); !list.empty())
      entry["distance"] = std::move(list);
    put_text(entry, "cpus", read_text(path + "cpulist").value_or(""));
    data["numa_nodes"].push_back(std::move(entry));
  }
}

void put_buddies(Json& data, std::string_view buddyinfo) {
  for (std::size_t zone = 0; zone < kZonesMax && !buddyinfo.empty(); ++zone) {
    const std::size_t size = std::min(buddyinfo.find('\n'), buddyinfo.size());
    // Node 0, zone   Normal    216     55 ...
    const auto fields = words(buddyinfo.substr(0, size));
    buddyinfo.remove_prefix(std::min(size + 1, buddyinfo.size()));
    if (fields.size() < 5 || fields[0] != "Node" || fields[2] != "zone") continue;
    const auto node = to_count(fields[1].substr(0, fields[1].find(',')));
    if (!node) continue;
    Json blocks = Json::array();
    for (std::size_t i = 4; i < fields.size(); ++i)
      if (const auto count = to_count(fields[i])) blocks.push_back(*count);
    data["buddy_info"]["node " + std::to_string(*node) + " zone " + std::string(fields[3])] =
        std::move(blocks);
  }
}

}  // namespace melisai::plugins::procfs
