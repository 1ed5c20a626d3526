// The rings in which the kernel leaves the records of perf events, one for each CPU.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plugins/common/descriptor.h"

namespace melisai::plugins {

class PerfRing {
 public:
  /// With room for `pages` (a power of two) of records. Takes `event`. Throws std::system_error
  /// where there is no memory for it.
  PerfRing(Descriptor event, std::size_t pages);
  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&& other) = delete;
  ~PerfRing();

  struct Record {
    std::uint32_t type = 0;  // PERF_RECORD_...
    std::uint16_t flags = 0;
    const std::string& body;  // after the header; until the next one is read
  };
  /// Takes all that is there, the oldest first.
  void read(const std::function<void(const Record&)>& each) const;

 private:
  Descriptor event_;
  std::size_t bytes_;  // of records
  void* memory_;
};

/// The records of several rings as they came to be: a process may start on one CPU, and run on
/// another one whose ring is read first.
class PerfRings {
 public:
  /// What the events of these rings need, so that their records can be put in order. Keep the
  /// other bits of sample_type to what comes after PERF_SAMPLE_TIME in a sample.
  static void order(perf_event_attr& attributes);

  /// As PerfRing's constructor.
  void add(Descriptor event, std::size_t pages) { rings_.emplace_back(std::move(event), pages); }

  struct Record {
    std::uint64_t time_ns = 0;  // of CLOCK_MONOTONIC
    std::uint32_t type = 0;     // PERF_RECORD_...
    std::uint16_t flags = 0;
    std::string body;  // after the header
  };
  /// Takes what came before this call, the oldest first; what comes meanwhile is for the next.
  void read(const std::function<void(const Record&)>& each);

 private:
  std::vector<PerfRing> rings_;
  std::vector<Record> later_;
};

}  // namespace melisai::plugins
