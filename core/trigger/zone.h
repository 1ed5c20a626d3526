// A time zone of this machine's database (/usr/share/zoneinfo).
#pragma once

#include <chrono>
#include <string>

#include "core/base/result.h"

namespace date {
class time_zone;
}

namespace melisai::trigger {

using SysSeconds = std::chrono::sys_seconds;
using LocalSeconds = std::chrono::local_seconds;

class Zone {
 public:
  /// "UTC" works without a database. Errors: config, with a similar name or what to install.
  static Result<Zone> find(const std::string& name);

  const std::string& name() const { return name_; }

  /// What clocks are ahead of UTC by, and until when.
  struct Offset {
    std::chrono::seconds ahead{};
    SysSeconds end;
  };
  Offset offset(SysSeconds at) const;

  /// The first instant at which clocks show `local`; the end of the gap when they never do.
  SysSeconds first_instant(LocalSeconds local) const;

 private:
  explicit Zone(std::string name) : name_(std::move(name)) {}

  std::string name_;
  const date::time_zone* rules_ = nullptr;  ///< of the library, for ever; null: UTC
};

}  // namespace melisai::trigger
