// What counts instructions on this machine.
#pragma once

#include <string>

namespace melisai::measure {

struct Counters {
  std::string valgrind;     ///< absolute path; "" where it is not installed
  bool cpu_counts = false;  ///< the CPU does, and this user may ask it
};
Counters find_counters();

}  // namespace melisai::measure
