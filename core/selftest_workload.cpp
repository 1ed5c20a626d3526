#include <charconv>
#include <cstddef>
#include <vector>

#include "core/selftest.h"

namespace melisai {
namespace {

constexpr std::uint64_t kUnitsMax = 1'000'000'000;
constexpr int kStepsPerUnit = 1024;

// 256 KiB: more than the first cache, less than the last. With each step depending on a word that
// the one before chose, neither the arithmetic nor the memory alone decides how fast it is.
constexpr std::size_t kWords = std::size_t{1} << 15;

std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 29;
  value *= 0xBF58476D1CE4E5B9u;
  return value ^ (value >> 32);
}

std::uint64_t worked(std::uint64_t units) {
  std::vector<std::uint64_t> words(kWords);
  for (std::size_t i = 0; i < kWords; ++i) words[i] = mixed(i + 1);
  std::uint64_t state = 1;
  for (std::uint64_t unit = 0; unit < units; ++unit) {
    for (int step = 0; step < kStepsPerUnit; ++step) {
      std::uint64_t& word = words[state % kWords];
      state = mixed(state + word);
      word += state;
    }
  }
  return state;
}

}  // namespace

int selftest_workload(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return 2;
  const std::string& text = arguments.front();
  std::uint64_t units = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), units);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return 2;
  if (units < 1 || units > kUnitsMax) return 2;
  // Volatile: work whose result nobody uses may be left out.
  [[maybe_unused]] const volatile std::uint64_t result = worked(units);
  return 0;
}

}  // namespace melisai
