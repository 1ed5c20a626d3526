// What each tool makes of a window's maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "plugins/ebpf/findings.h"
#include "plugins/ebpf/object.h"
#include "plugins/ebpf/reading.h"
#include "plugins/ebpf/tools.h"

namespace melisai::plugins::ebpf {

struct WindowFacts {
  const Object& object;
  const Reading& reading;
  std::size_t events_max = 1000;
  int frequency_hz = 0;
  std::string sys_root = "/sys";
  std::int64_t clock_offset_ns = 0;  // from the kernel's monotonic clock to UTC
};

/// Of every tool but those that take stacks.
Findings report(Tool tool, const WindowFacts& window);

// Parts of it, in report_events.cpp. Events beyond the limit are left out and `truncated` says so.
void put_block_events(const WindowFacts& window, Findings& findings);
void put_exec_events(const WindowFacts& window, Findings& findings);
void put_tcp_events(const WindowFacts& window, std::uint32_t kind, Findings& findings);
void put_oom_events(const WindowFacts& window, Findings& findings);

/// What numbers are missing for, in `errors`.
void put_dropped(std::uint64_t count, const std::string& what, Findings& findings);

/// "vda", by its number; "259:1" when it is gone.
std::string disk_name(std::uint32_t device, const std::string& sys_root);
/// "_ssd", "_hdd", or "" of one whose kind is not known: a virtual one.
std::string disk_kind(std::uint32_t device, const std::string& sys_root);

/// "openat"; "syscall_999" of one that was not known when this was built.
std::string syscall_name(std::uint32_t number);

}  // namespace melisai::plugins::ebpf
