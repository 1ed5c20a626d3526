// One window: the programs that it takes, from before the first instruction of the observed tree
// until everything of it has ended, of processes that run, or of the whole host. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/mappings.h"
#include "plugins/ebpf/object.h"
#include "plugins/ebpf/options.h"
#include "plugins/ebpf/reading.h"
#include "plugins/ebpf/support.h"

namespace melisai::plugins::ebpf {

/// A number that is counted in every window around a tree.
struct CountedMetric {
  std::string_view name;
  std::optional<Tool> tool;  // that counts it; nothing: it is always counted
  int counter = 0;           // ebpf_counter
  int dropped = -1;          // the one that is above 0 where some are missing; below 0: none
};
const CountedMetric* find_metric(std::string_view name);

struct WindowSettings {
  ToolSet wanted;             // whose results are
  std::int64_t root_pid = 0;  // 0: what the options name, else the whole host
  Options options = {};
};

/// What runs: the wanted tools, and around a tree those that count. What is counted at each system
/// call would be a part of what is timed, so the two are not together.
ToolSet tools_of(const WindowSettings& settings);

class Window {
 public:
  /// Loads and attaches. Throws LoadError.
  Window(WindowSettings settings, const Support& support);

  /// While it is open: takes what the kernel tells of new mappings.
  void sample();

  using TakeMetric = std::function<void(std::string_view name, double value)>;
  using TakeResult = std::function<void(std::string_view part, const std::string& json)>;
  /// Detaches and tells. A tool that does not work here has the reason as its result. A number that
  /// something is missing in is not told; false when that is a process, and so none is.
  bool end(const TakeMetric& take_metric, const TakeResult& take_result);

 private:
  void seed(const std::set<std::int64_t>& pids, std::uint32_t who);
  std::vector<std::int64_t> observers() const;
  void seed_observers();
  void seed_named();
  bool is_whole(const CountedMetric& metric, const Reading& reading) const;

  WindowSettings settings_;
  const Support& support_;
  ToolSet tools_;
  std::uint64_t without_place_ = 0;  // of those that were there before
  std::optional<Mappings> mappings_;
  std::string no_mappings_;  // why there are none
  Object object_;
};

}  // namespace melisai::plugins::ebpf
