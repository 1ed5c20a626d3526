// What counts instructions on this machine.
#pragma once

#include <string>
#include <vector>

namespace melisai::measure {

struct Counters {
  std::string valgrind;     ///< absolute path; "" where it is not installed
  bool cpu_counts = false;  ///< the CPU does, and this user may ask it
};
Counters find_counters();

/// Has C's library copy and fill by registers in what is started with `environment`. Its string
/// instructions valgrind carries out byte by byte, each an instruction: ten times as slow, and a
/// count that no CPU has. Tunables that are there already are kept.
void copy_by_registers(std::vector<std::string>& environment);

}  // namespace melisai::measure
