// Real programs on a real clock, only where the difference is safe: +20 % must be red, equal must
// not be red.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

class RealTime : public Sandbox {
 protected:
  /// A single-threaded program whose work is `rounds` (about 30 ms for 100).
  void commit_rounds(int base, int head) {
    write_pipeline("./spin", "", "g++ -O1 spin.cpp -o spin");
    const auto source = [](int rounds) {
      return "int main() { volatile unsigned x = 1; for (long i = 0; i < " +
             std::to_string(rounds) + "00000L; ++i) x = x * 1664525u + 1013904223u; }\n";
    };
    write("spin.cpp", source(base));
    commit("base");
    write("spin.cpp", source(head));
    commit("head");
  }
};

TEST_F(RealTime, TwentyPercentMoreWorkIsRed) {
  commit_rounds(300, 360);
  const Ran ran = check({"--base", "main~1", "--threshold", "10%"});
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_EQ(benchmark("cli", "cpu_time")["decision"], "regressed");
}

TEST_F(RealTime, EqualWorkIsNotRed) {
  commit_rounds(300, 300);
  const Ran ran = check({"--base", "main~1", "--threshold", "10%"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_NE(report()["verdict"], "regression");
}

}  // namespace
}  // namespace melisai::e2e
