// Readings of what else goes on in this machine, and the numbers of the window between two of them.
// A reading must stay far below a millisecond: the files stay open and are few.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins {

/// Nothing stands for what this machine does not tell.
struct MachineReading {
  std::int64_t time_ns = 0;                    // of a clock that never goes back
  std::int64_t own_cpu_ns = 0;                 // of this process
  std::optional<std::int64_t> busy_ticks;      // of all CPUs: not idle, not stolen
  std::optional<std::int64_t> steal_ticks;     // taken by the hypervisor for somebody else
  std::optional<std::int64_t> idle_ticks;      // with those that wait for a disk
  std::optional<std::int64_t> cpu_stalled_us;  // some task waited for a CPU
  std::optional<std::int64_t> memory_stalled_us;
  std::optional<std::int64_t> io_stalled_us;
  std::optional<double> load;
  std::optional<std::int64_t> running;        // this process is one of them
  std::optional<std::int64_t> frequency_khz;  // of the fastest CPU; not 0
  std::vector<std::int64_t> throttle_counts;  // one per CPU that counts; -1: it is gone
};

class Machine {
 public:
  /// The directories /proc and /sys.
  Machine(const std::string& proc, const std::string& sys);
  MachineReading read() const;

 private:
  HeldFile stat_;
  HeldFile loadavg_;
  HeldFile cpu_pressure_;
  HeldFile memory_pressure_;
  HeldFile io_pressure_;
  std::vector<HeldFile> frequencies_;
  std::vector<HeldFile> throttle_counts_;
};

/// CPU time of the discounted tree at both ends, in ticks.
struct TreeTime {
  std::int64_t before_ticks = 0;
  std::int64_t after_ticks = 0;
};

/// `tree`: nothing when it could not be read, which leaves out `other_cpu`.
std::vector<Number> differences(const MachineReading& before, const MachineReading& after,
                                std::optional<TreeTime> tree);

/// What `reading` lacks, for people: "no /proc/pressure".
std::vector<std::string_view> lacks(const MachineReading& reading);

/// Fills the ticks from the first line of /proc/stat; false when it is not one.
bool parse_cpu_line(std::string_view stat, MachineReading& reading);

}  // namespace melisai::plugins
