#include "core/measure/steal.h"

#include <gtest/gtest.h>

#include "core/base/files.h"

namespace melisai::measure {
namespace {

/// The answer for a /proc/stat with this content; USER_HZ is 100 on every machine that we build
/// for.
std::optional<std::int64_t> stolen(const std::string& stat, int cpu) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "stat");
  if (!directory || !write_file(directory->path() + "/stat", stat)) return std::nullopt;
  return stolen_ns(directory->path() + "/stat", cpu);
}

const char* const kTwelveCpus =
    "cpu  30 1 2 3 4 5 6 17 8 9\n"
    "cpu1 10 1 2 3 4 5 6 7 8 9\n"
    "cpu12 20 1 2 3 4 5 6 10 8 9\n"
    "intr 1 2 3\n";

TEST(StolenTime, IsTheEighthFieldOfTheLineOfTheCpu) {
  EXPECT_EQ(stolen(kTwelveCpus, 1), 70'000'000);
  EXPECT_EQ(stolen(kTwelveCpus, 12), 100'000'000);
  EXPECT_EQ(stolen(kTwelveCpus, kAllCpus), 170'000'000);
}

TEST(StolenTime, IsUnknownWhereTheKernelDoesNotSay) {
  EXPECT_EQ(stolen(kTwelveCpus, 2), std::nullopt);
  EXPECT_EQ(stolen("cpu0 1 2 3 4 5 6 7\n", 0), std::nullopt) << "before Linux 2.6.11";
  EXPECT_EQ(stolen("cpu0 1 2 3 4 5 6 7 many\n", 0), std::nullopt);
  EXPECT_EQ(stolen_ns("/nowhere/stat", 0), std::nullopt);
}

}  // namespace
}  // namespace melisai::measure
