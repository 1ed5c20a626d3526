// Requests and answers without a process between.
#include "core/naming/answerer.h"

#include <gmock/gmock.h>

#include "tests/unit/naming/own_stacks.h"

namespace melisai::naming {
namespace answerer_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Answerer, NamesStacksAndTellsLinesOfWhatItNamed) {
  Answerer answerer;
  const CollectedStacks asked = *collected_stacks_from_json(own_stacks());
  const auto named = read_names(answerer.answer(names_request(asked, flame::Weight::count)), asked,
                                flame::Weight::count);
  ASSERT_TRUE(named) << named.error().message;
  const StackFrame callee{"melisai::naming::callee_of_this_test(int)", FrameKind::program};
  ASSERT_TRUE(named->places.contains(callee));
  const auto line = read_line(answerer.answer(line_request(named->places.at(callee))));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_THAT(line->file, HasSubstr("own_stacks.h"));
  const auto problems = read_problems(answerer.answer(problems_request()));
  ASSERT_TRUE(problems);
  ASSERT_EQ(problems->size(), 1u);
  EXPECT_EQ(text_of(problems->front()), "'/no/such/file' is no more there");
}

TEST(Answerer, RefusesWhatIsNoRequest) {
  Answerer answerer;
  for (const char* text :
       {"", "end\n", "problems\n", "names\nend\n", "line\nend\n", "line -1\nend\n", "line 0\nend\n",
        "line 99999999999\nend\n", "count\nnonsense\nend\n", "count\nuser 0 1\nend\n",
        "count\nfile x - /a\nend\n", "count\nstack 1 x a\nend\n", "count\nstack -1 1 a\nend\n",
        "count\nstack 1 1 a\nuser 0 1\nend\n", "count\nstack 1 1 a\nuser -2 1\nend\n",
        "count\nstack 1 1 a\nuser -1\nend\n"})
    EXPECT_THAT(answerer.answer(text), StartsWith("failed ")) << text;
}

}  // namespace answerer_test
}  // namespace melisai::naming
