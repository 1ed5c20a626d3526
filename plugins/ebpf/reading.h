// What is in the maps at the end of a window: counters and histograms of all CPUs together, and
// events in the order in which they happened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "plugins/ebpf/object.h"
#include "plugins/ebpf/shared.h"

namespace melisai::plugins::ebpf {

class Reading {
 public:
  /// Reads the maps of a detached object. Throws std::runtime_error when one cannot be read.
  explicit Reading(const Object& object);

  std::uint64_t operator[](ebpf_counter counter) const { return counters_[counter]; }
  const ebpf_hist& operator[](ebpf_histogram histogram) const { return histograms_[histogram]; }
  /// Two tools share them, and a ring buffer is read once.
  const std::vector<ebpf_tcp_event>& tcp_events() const { return tcp_events_; }

 private:
  std::array<std::uint64_t, counter_count> counters_{};
  std::array<ebpf_hist, histogram_count> histograms_{};
  std::vector<ebpf_tcp_event> tcp_events_;
};

struct SyscallCount {
  std::uint32_t number = 0;
  std::uint64_t count = 0;
};
struct SyscallTime {
  std::uint32_t number = 0;
  ebpf_syscall total{};
};
/// Those that happened, most calls (most time) first.
std::vector<SyscallCount> read_syscall_counts(const Object& object);
std::vector<SyscallTime> read_syscall_times(const Object& object);

struct Disk {
  std::uint32_t device = 0;  // as in ebpf_block_event
  ebpf_hist latency{};
};
std::vector<Disk> read_disks(const Object& object);  // by device

/// The records that fit into the ring buffer `map`, oldest first.
void for_each_record(const Object& object, std::string_view map,
                     const std::function<void(std::span<const std::byte>)>& take);

/// Every entry of a hash map without per-CPU values. Key and value are as long as the map's.
void for_each_entry(int map, std::size_t key_size, std::size_t value_size,
                    const std::function<void(const void* key, const void* value)>& take);

}  // namespace melisai::plugins::ebpf
