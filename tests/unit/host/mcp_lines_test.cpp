#include "core/host/mcp_lines.h"

#include <gmock/gmock.h>

namespace melisai::host {
namespace {

using ::testing::ElementsAre;

const McpLine kTooLong{"", true};

TEST(McpLines, ComeWholeHoweverTheBytesAreCut) {
  McpLines lines(8);
  for (const char* part : {"on", "e\ntwo", "\n", "\nre"}) lines.add(part);
  EXPECT_THAT(lines.waiting(), ElementsAre(McpLine{"one"}, McpLine{"two"}, McpLine{""}));
  lines.finish();
  EXPECT_EQ(lines.waiting().back(), McpLine{"re"});
  EXPECT_EQ(lines.waiting().size(), 4u);
}

TEST(McpLines, OfTheLimitAreKeptAndLongerOnesAreSkippedToTheirEnd) {
  McpLines lines(4);
  lines.add("1234\n12345\nnext\n123");
  lines.add("45");
  lines.add("6789\nlast\n");
  lines.finish();
  EXPECT_THAT(lines.waiting(),
              ElementsAre(McpLine{"1234"}, kTooLong, McpLine{"next"}, kTooLong, McpLine{"last"}));
}

TEST(McpLines, AnEndInsideALongLineIsNoQuietOne) {
  McpLines lines(4);
  lines.add("123456");
  lines.finish();
  EXPECT_THAT(lines.waiting(), ElementsAre(kTooLong));
}

}  // namespace
}  // namespace melisai::host
