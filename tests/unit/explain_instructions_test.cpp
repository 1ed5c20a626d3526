// What callgrind counted, as instructions, allocations and functions.
#include "core/explain_instructions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"

namespace melisai {
namespace explain_instructions_test {

using gate::Signal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHead = "# callgrind format\nversion: 1\npositions: line\nevents: Ir\n";
// main (line 20) calls parse, which calls malloc, memcpy and itself.
constexpr const char* kBody = R"(
ob=(1) /tree/app
fn=(8) (below main)
0 0
cob=(2) /usr/lib/x86_64-linux-gnu/libc.so.6
cfn=(7) __libc_start_main
calls=1 0
0 906
fl=(1) /tree/src/parse.cpp
fn=(1) main
20 5
+2 1
cfn=(2) parse(int)
calls=1 8
* 1100
fn=(2)
8 100
cob=(2)
cfi=(9) ./string/memcpy.S
cfn=(3) memcpy
calls=2 40
+1 700
cob=(2)
cfn=(4) malloc
calls=3 1
* 60
cfn=(5) parse(int)'2
calls=1 8
* 40
fn=(5)
8 40
ob=(2)
fl=(9)
fn=(3)
40 700
fn=(4)
1 10
cfn=(6) calloc
calls=1 5
+4 50
fn=(6)
5 50
totals: 906
)";

CountedWork work_of(const std::string& body) {
  CountedWork work;
  const Result<void> added = add_callgrind(kHead + body, work);
  EXPECT_TRUE(added) << added.error().message;
  return work;
}

TEST(Callgrind, CountsWhatEachFunctionOfTheProgramCosts) {
  const CountedWork work = work_of(kBody);
  EXPECT_EQ(work.instructions, 5 + 1 + 100 + 40 + 700 + 10 + 50);
  EXPECT_EQ(work.allocations, 3) << "not those that the allocator makes for itself";
  ASSERT_EQ(work.functions.size(), 2u) << "what libraries do is whose who asked for it";
  EXPECT_EQ(work.functions.at("main").instructions, 6);
  EXPECT_EQ(work.functions.at("main").line, 20);
  EXPECT_EQ(work.functions.at("parse(int)").instructions, 100 + 40 + 700 + 60);
  EXPECT_EQ(work.functions.at("parse(int)").file, "/tree/src/parse.cpp");
  EXPECT_EQ(work.functions.at("parse(int)").line, 8);
}

TEST(Callgrind, RefusesWhatIsNone) {
  CountedWork work;
  EXPECT_FALSE(add_callgrind("", work));
  EXPECT_FALSE(add_callgrind("events: Dr\n1 2\n", work));
  for (const char* body : {"fn=(7)\n", "calls=x 1\n", "1 many\n"})
    EXPECT_FALSE(add_callgrind(kHead + std::string(body), work)) << body;
  EXPECT_TRUE(add_callgrind(kHead + std::string("fn=(below main)\n-999999999999 3\n* 1\n"), work));
  EXPECT_TRUE(add_callgrind(kHead + std::string("fn=\x1b[2J\n1 18446744073709551615\n"), work));
}

TEST(Callgrind, AddsAllProcessesOfARun) {
  const auto directory = TemporaryDirectory::make("/tmp", "callgrind-");
  EXPECT_FALSE(read_callgrind(directory->path())) << "it wrote nothing";
  ASSERT_TRUE(write_file(directory->path() + "/callgrind.7", kHead + std::string(kBody)));
  ASSERT_TRUE(write_file(directory->path() + "/callgrind.8", kHead + std::string(kBody)));
  ASSERT_TRUE(write_file(directory->path() + "/result", "not of callgrind"));
  const Result<CountedWork> work = read_callgrind(directory->path());
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_EQ(work->instructions, 2 * 906);
  EXPECT_EQ(work->allocations, 6);
}

TEST(CountedWork, HasToAgree) {
  WorkRuns runs{.base = {{.instructions = 100'000}, {.instructions = 100'050}},
                .head = {{.instructions = 150'000}}};
  EXPECT_EQ(disagreement(runs), "");
  runs.base[1].instructions = 100'500;
  EXPECT_THAT(disagreement(runs), HasSubstr("two runs of base"));
}

TEST(CountedWork, BecomesSignalsAndFunctions) {
  WorkRuns runs{.base = {work_of(kBody)}, .head = {work_of(kBody)}};
  runs.head[0].instructions += 1'000;
  runs.head[0].functions["parse(int)"].instructions += 990;
  runs.head[0].functions["main"].instructions += 10;
  gate::CauseInput input;
  add_work(runs, input);
  EXPECT_THAT(input.signals.at(Signal::instructions).head, ElementsAre(1'906));
  EXPECT_THAT(input.signals.at(Signal::allocations).base, ElementsAre(3));
  const std::vector<EvidenceFunction> grown = grown_functions(runs, {"/other", "/tree"});
  ASSERT_EQ(grown.size(), 1u) << "3 % of the growth are worth a name";
  EXPECT_EQ(grown[0].name, "parse(int)");
  EXPECT_EQ(grown[0].file, "src/parse.cpp");
  EXPECT_EQ(grown[0].head - grown[0].base, 990);
  gate::CauseInput nothing;
  add_work({}, nothing);
  EXPECT_TRUE(nothing.signals.empty());
  EXPECT_TRUE(grown_functions({}, {}).empty());
}

}  // namespace explain_instructions_test
}  // namespace melisai
