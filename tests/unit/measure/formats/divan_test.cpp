#include <gtest/gtest.h>

#include "core/measure/formats/formats.h"
#include "tests/unit/measure/formats/find_reading.h"

namespace melisai::formats {
namespace divan_test {

TEST(Divan, EndsATableWithABlankLine) {
  const auto parsed = read_as("divan",
                              "x    fastest │ slowest │ median │ mean │ samples │ iters\n"
                              "╰─ a  1 ns │ 9 ns │ 2 ns │ 3 ns │ 100 │ 100\n\n"
                              "╰─ b  1 ns │ 9 ns │ 2 ns │ 3 ns │ 100 │ 100\n");
  EXPECT_EQ(value_in(parsed, "x::a"), 2);
  EXPECT_EQ(parsed->readings.size(), 1u);
}

}  // namespace divan_test
}  // namespace melisai::formats
