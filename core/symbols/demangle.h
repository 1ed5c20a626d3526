// Names of linkers as people wrote them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace melisai::symbols {

constexpr std::size_t kDemangledBytesMax = 2'000;

/// "_ZN5Cache3getEi.isra.0" -> "Cache::get(int) [clone .isra.0]"; Rust's hashes are left out. What
/// is no C++ or Rust name stays as it is, and so does what would print much longer than it is: a
/// hostile name of a hundred bytes can print gigabytes. Results have at most kDemangledBytesMax
/// bytes, then "...".
class Demangler {
 public:
  std::string operator()(std::string_view name);

 private:
  double printed_ = 0;  ///< characters so far; names of a whole program stay far below its limit
};

/// A bound of what printing `mangled` costs, in characters; never below the real one. Public for
/// its tests.
double printed_size_bound(std::string_view mangled);

}  // namespace melisai::symbols
