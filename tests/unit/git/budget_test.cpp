#include "core/git/budget.h"

#include <gtest/gtest.h>

namespace melisai::git {
namespace {

TEST(Budget, EndsAfterTheAllowedNumberOfEntries) {
  Budget budget({.entries = 2});
  EXPECT_TRUE(budget.take(0, "a").has_value());
  EXPECT_TRUE(budget.take(0, "b").has_value());
  EXPECT_EQ(budget.take(0, "c").error().code, Errc::limit);
}

TEST(Budget, EndsAfterTheAllowedNumberOfBytes) {
  Budget budget({.total = 10});
  EXPECT_TRUE(budget.take(10, "a").has_value());
  EXPECT_EQ(budget.take(1, "b").error().code, Errc::limit);
}

TEST(Budget, RefusesOneFileThatIsTooLargeAndNamesIt) {
  Budget budget({.file = 10});
  EXPECT_TRUE(budget.take(10, "fits").has_value());
  const auto taken = budget.take(11, "large");
  EXPECT_EQ(taken.error().code, Errc::limit);
  EXPECT_NE(taken.error().message.find("large"), std::string::npos);
}

TEST(Budget, DefaultsAreThoseOfTheDocumentation) {
  const Limits limits;
  EXPECT_EQ(limits.entries, 1'000'000u);
  EXPECT_EQ(limits.total, Bytes{64} << 30);
  EXPECT_EQ(limits.file, Bytes{1} << 30);
  EXPECT_EQ(limits.depth, 128);
}

}  // namespace
}  // namespace melisai::git
