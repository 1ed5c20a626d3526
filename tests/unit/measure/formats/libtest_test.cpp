#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace libtest_test {

using ::testing::HasSubstr;

TEST(Libtest, TellsRunsOfOneBinaryFromBinariesWithTheSameNames) {
  const std::string one =
      "running 2 tests\ntest a ... ignored\ntest b ... bench: 5 ns/iter (+/- 1)\n";
  const std::string other = "running 1 test\ntest b ... bench: 900 ns/iter (+/- 1)\n";
  const auto parsed = read_as("libtest", one + other + one + other);
  EXPECT_EQ(value_in(parsed, "b"), 5);
  EXPECT_EQ(find_reading(parsed, "b")->n, 2u);
  EXPECT_EQ(value_in(parsed, "b#2"), 900);
}

TEST(Libtest, FindsAResultBehindWhatTheBenchmarkPrinted) {
  const auto parsed =
      read_as("libtest", "test noisy ... hello\nworld\nbench: 1,234 ns/iter (+/- 1)\n");
  EXPECT_EQ(value_in(parsed, "noisy"), 1234);
}

TEST(Libtest, RefusesAUnitThatIsNoTime) {
  const auto parsed = read_as("libtest", "\ntest a ... bench: 5 bytes/iter (+/- 1)\n");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("f:2: the result '5 bytes' is no time"));
}

}  // namespace libtest_test
}  // namespace melisai::formats
