#include "core/flame/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace melisai::flame {
namespace {

TEST(Folded, IsReadAndWritten) {
  const std::string text = "app;main;f 7\napp;main;f;do_sys_read_[k] 3\napp;main;jit:f_[j] 2\n";
  const Folded folded = parse_folded(text, {.process_first = true});
  EXPECT_EQ(folded.skipped, 0u);
  EXPECT_DOUBLE_EQ(folded.stacks.total(), 12);
  EXPECT_EQ(to_folded(folded.stacks), text);
  const auto& deepest =
      std::max_element(folded.stacks.all().begin(), folded.stacks.all().end(),
                       [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); })
          ->first;
  EXPECT_EQ(folded.stacks.frame(deepest[0]).kind, FrameKind::process);
  EXPECT_EQ(folded.stacks.frame(deepest[1]).kind, FrameKind::program);
  EXPECT_EQ(folded.stacks.frame(deepest[3]), (StackFrame{"do_sys_read", FrameKind::kernel}));
}

TEST(Folded, JoinsWhatIsEqualApartFromSuffixes) {
  const Folded folded =
      parse_folded("main;f.cold 1\nmain;f [clone .isra.0] 2\nmain;f 4\nmain;[libc.so.6] 1\n");
  EXPECT_EQ(to_folded(folded.stacks), "main;[libc.so.6] 1\nmain;f 7\n");
}

TEST(Folded, TakesNamesWithSpacesAndWeightsWithDots) {
  const Folded folded = parse_folded("my app;operator new(unsigned long) 2.5\r\nmain 1e3\n");
  EXPECT_EQ(folded.skipped, 0u);
  EXPECT_DOUBLE_EQ(folded.stacks.total(), 1'002.5);
}

TEST(Folded, CountsLinesThatAreNone) {
  const Folded folded = parse_folded(
      "main;f\nmain;f -3\nmain;f nan\nmain;f inf\n 5\nmain;f 1e300\nmain;f 0x10\n\nmain;g 0\nx 1");
  EXPECT_EQ(folded.skipped, 7u);
  EXPECT_EQ(to_folded(folded.stacks), "x 1\n");
}

TEST(Stacks, CutWhatIsTooDeep) {
  std::string line = "main";
  for (int i = 0; i < 5'000; ++i) line += ";f" + std::to_string(i);
  const Folded folded = parse_folded(line + " 1\n");
  ASSERT_EQ(folded.stacks.all().size(), 1u);
  EXPECT_EQ(folded.stacks.all().begin()->first.size(), kDepthMax);
}

TEST(Stacks, IgnoreWeightsThatAreNone) {
  Stacks stacks;
  const std::vector<StackFrame> stack{{"main"}};
  for (const double weight : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    stacks.add(stack, weight);
  stacks.add(std::vector<StackFrame>{}, 1);
  EXPECT_EQ(stacks.total(), 0);
  EXPECT_TRUE(stacks.all().empty());
}

TEST(Stacks, CannotBreakTheFoldedForm) {
  Stacks stacks;
  stacks.add(std::vector<StackFrame>{{"a;b 7\nevil"}, {"c"}}, 1);
  EXPECT_EQ(to_folded(stacks), "a:b 7?evil;c 1\n");
  EXPECT_EQ(parse_folded(to_folded(stacks)).stacks.total(), 1);
}

}  // namespace
}  // namespace melisai::flame
