// Which file lies where in the memory of a process, also of one that is gone: the kernel tells of
// each executable mapping when it is made, through perf events that count nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/common/mapped_processes.h"
#include "plugins/common/perf_ring.h"

namespace melisai::plugins {

class Mappings {
 public:
  /// Watches the tree of `root_pid`, with 0 every process. Throws std::runtime_error.
  explicit Mappings(std::int64_t root_pid, std::string proc_root);
  ~Mappings();
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;

  /// Takes what the kernel has told; to be called now and then, before there is no more room.
  void take();

  /// Where `address` of a process is; of one that was there before, and still is, /proc is asked.
  std::optional<Location> find(std::uint32_t pid, std::uint64_t address);
  const std::vector<MappedFile>& files() const { return processes_.files(); }
  /// That we did not take in time, or had no room for.
  std::uint64_t lost() const { return lost_ + processes_.left_out(); }

 private:
  void open(std::int64_t root_pid, int cpu);

  bool whole_host_;
  std::string proc_root_;
  PerfRings rings_;
  MappedProcesses processes_;
  std::set<std::uint32_t> asked_;
  std::uint64_t lost_ = 0;
};

}  // namespace melisai::plugins
