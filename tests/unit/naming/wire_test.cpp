// The text between us and melisai-gate-symbols. What it answers is not believed.
#include "core/naming/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::naming {
namespace wire_test {

using ::testing::HasSubstr;

/// One stack of one frame of user code and one of the kernel; weights 2 and 10.
CollectedStacks asked() {
  return {.files = {},
          .stacks = {{.pid = 1,
                      .comm = "a",
                      .count = 2,
                      .total_ns = 10,
                      .user = {{.file = -1, .offset = 5}},
                      .kernel = {"k"}}}};
}

Result<flame::Named> read(const std::string& text) {
  return read_names(text, asked(), flame::Weight::count);
}

TEST(NamesRequest, IsReadAsItWasWritten) {
  const CollectedStacks collected{
      .files = {{.path = "/opt/a b", .build_id = "01ab", .inode = 7},
                {.path = "/x", .build_id = ""}},
      .stacks = {{.pid = 4'000'000'000,
                  .comm = "two words",
                  .count = 2.5,
                  .user = {{.file = 1, .offset = ~std::uint64_t{0}}, {.file = -1, .offset = 3}},
                  .top = {{.file = 0, .offset = 9}},
                  .kernel = {"do exit", "0xffffffff81000000"}},
                 {.pid = 1, .comm = "", .count = 1, .user = {}, .top = {}, .kernel = {}}}};
  const auto request = read_request(names_request(collected, flame::Weight::count));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, Request::Kind::names);
  EXPECT_EQ(request->weight, flame::Weight::count);
  EXPECT_EQ(request->collected, collected);
  EXPECT_EQ(read_request(names_request(collected, flame::Weight::time))->weight,
            flame::Weight::time);
}

TEST(NamesAnswer, IsReadAsItWasWritten) {
  flame::Named named;
  const flame::Stack stack{named.stacks.frame({"a", FrameKind::process}),
                           named.stacks.frame({"operator new(unsigned long)", FrameKind::program}),
                           named.stacks.frame({"do_exit", FrameKind::kernel})};
  named.stacks.add(stack, 10);
  named.advice = "compile with -fno-omit-frame-pointer";
  named.places.emplace(named.stacks.frame(stack[1]), 7);
  const std::string text = names_answer(named);
  EXPECT_TRUE(is_whole(text));
  EXPECT_FALSE(is_whole(std::string_view(text).substr(0, text.size() - 1)));
  const auto again = read_names(text, asked(), flame::Weight::time);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->stacks.all(), named.stacks.all());
  EXPECT_EQ(flame::to_folded(again->stacks), flame::to_folded(named.stacks));
  EXPECT_EQ(again->advice, named.advice);
  EXPECT_EQ(again->places, named.places);
}

TEST(NamesAnswer, HasTheWeightThatWasAskedFor) {
  const std::string frames = "frame 5 - a\n";
  EXPECT_TRUE(read(frames + "stack 2 0\nend\n"));
  for (const char* weight : {"1", "3", "1e300", "inf", "nan", "-2", "0", "2x", ""})
    EXPECT_FALSE(read(frames + "stack " + weight + " 0\nend\n")) << weight;
  EXPECT_FALSE(read(frames + "end\n")) << "stacks that were left out";
  EXPECT_FALSE(read(frames + "stack 1 0\nstack 1 0\nend\n")) << "more than were asked for";
}

TEST(NamesAnswer, IsOfTheShapeThatIsKnown) {
  std::string deep = "stack 2";
  for (std::size_t i = 0; i <= flame::kDepthMax; ++i) deep += " 0";
  for (const std::string& text : std::vector<std::string>{
           "", "end", "nonsense\nend\n", "frame\nend\n", "frame 6 - a\nend\n",
           "frame -1 - a\nend\n", "frame 0 x a\nend\n", "frame 0 99999999999 a\nend\n",
           "frame 5 - a\nstack 2 1\nend\n", "frame 5 - a\nstack 2\nend\n",
           "frame 5 - a\nstack 2 -1\nend\n", "frame 5 - a\n" + deep + "\nend\n",
           "end\nframe 5 - a\nstack 2 0\nend\n",
           "frame 0 - " + std::string(5'000, 'x') + "\nend\n"}) {
    const auto named = read(text);
    EXPECT_FALSE(named) << text.substr(0, 80);
  }
  std::string many;
  for (int i = 0; i < 5; ++i) many += "frame 0 - f" + std::to_string(i) + "\n";
  EXPECT_FALSE(read(many + "stack 2 0\nend\n")) << "more frames than there can be";
}

TEST(NamesAnswer, IsCleanedLikeAllTextOfStrangers) {
  const auto named = read("frame 0 - \x1b[31mred\xff\nstack 2 0\nend\n");
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->stacks.frame(0).name, "?[31mred?");
}

TEST(LineAnswer, IsALineOfAFile) {
  const symbols::SourceLine line{.file = "src/a b.cpp", .line = 12};
  EXPECT_EQ(read_line(line_answer(line)).value(), line);
  for (const char* text : {"", "end\n", "line 0 a\nend\n", "line -1 a\nend\n", "line 1\nend\n",
                           "line 99999999999 a\nend\n", "line 1 a\nline 1 a\nend\n", "line 1 a\n"})
    EXPECT_FALSE(read_line(text)) << text;
}

TEST(ProblemsAnswer, IsAListOfFiles) {
  const std::vector<symbols::FileProblem> problems{{"/opt/a b", " is no more there"},
                                                   {"", "more than 4096 files"}};
  EXPECT_EQ(read_problems(problems_answer(problems)).value(), problems);
  EXPECT_TRUE(read_problems("end\n").value().empty());
  std::string many;
  for (std::size_t i = 0; i <= symbols::kImagesMax; ++i) many += "problem a\tb\n";
  for (const std::string& text :
       std::vector<std::string>{"", "problem", "x\nend\n", many + "end\n"})
    EXPECT_FALSE(read_problems(text)) << text.substr(0, 80);
}

TEST(FailedAnswer, IsAnErrorOfEveryRequest) {
  const std::string text = failed_answer({Errc::limit, "too\nmuch"});
  ASSERT_FALSE(read(text));
  EXPECT_EQ(read(text).error(), (Error{Errc::limit, "too?much"}));
  EXPECT_EQ(read_line(failed_answer({Errc::io, "gone"})).error().message, "gone");
}

}  // namespace wire_test
}  // namespace melisai::naming
