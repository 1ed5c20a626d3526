// The ring in which the kernel leaves the records of one perf event.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

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

}  // namespace melisai::plugins
