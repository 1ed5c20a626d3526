// Limits of one checkout, its submodules included. Git's own objects are small: ten trees of ten
// entries, nested, name 10^10 files. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::git {

struct Limits {
  std::uint64_t entries = 1'000'000;  ///< files, links and directories
  Bytes total = Bytes{64} << 30;
  Bytes file = Bytes{1} << 30;  ///< one file is held in memory while it is written
  int depth = 128;              ///< directories inside each other; one descriptor is open for each
};

class Budget {
 public:
  explicit Budget(Limits limits = {}) : limits_(limits) {}
  /// Counts one file, link or directory. Errors: limit.
  Result<void> take(Bytes bytes, const std::string& path);
  const Limits& limits() const { return limits_; }

 private:
  Limits limits_;
  std::uint64_t entries_ = 0;
  Bytes total_ = 0;
};

}  // namespace melisai::git
