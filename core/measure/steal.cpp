#include "core/measure/steal.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace melisai::measure {
namespace {

constexpr int kStealField = 8;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

std::optional<std::int64_t> stolen_ns(const std::string& stat_file, int cpu) {
  const std::string wanted = cpu == kAllCpus ? "cpu" : "cpu" + std::to_string(cpu);
  std::ifstream file(stat_file);
  for (std::string line; std::getline(file, line) && line.starts_with("cpu");) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name != wanted) continue;
    std::int64_t ticks = 0;
    for (int field = 1; field <= kStealField; ++field) words >> ticks;
    if (!words || ticks < 0) return std::nullopt;
    return ticks * (kNanosecondsPerSecond / sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

}  // namespace melisai::measure
