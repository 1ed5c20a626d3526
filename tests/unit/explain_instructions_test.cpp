// What callgrind counted, as instructions, allocations and functions.
#include "core/explain_instructions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"
#include "core/explain_processes.h"

namespace melisai {
namespace explain_instructions_test {

using gate::Signal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
  EXPECT_EQ(work.functions.at("parse(int)").allocations, 3);
  EXPECT_EQ(work.files.at(work.functions.at("parse(int)").file), "/tree/src/parse.cpp");
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

TEST(Callgrind, TakesNoLineOfWhatWasInlined) {
  const CountedWork work = work_of("fl=a.cpp\nfn=f\nfi=vector.h\n700 5\nfe=a.cpp\n12 1\n");
  EXPECT_EQ(work.functions.at("f").line, 12);
  EXPECT_EQ(work.files.at(work.functions.at("f").file), "a.cpp");
  EXPECT_EQ(work.functions.at("f").instructions, 6);
}

TEST(Callgrind, BlamesForOperatorNewWhoCallsIt) {
  const CountedWork work = work_of(
      "ob=/tree/app\nfn=f\ncob=/usr/lib/libstdc++.so.6\ncfn=operator new(unsigned long)\n"
      "calls=4 0\n1 80\nob=/usr/lib/libstdc++.so.6\nfn=operator new(unsigned long)\n"
      "cfn=malloc\ncalls=4 0\n1 40\n");
  EXPECT_EQ(work.functions.at("f").allocations, 4);
  EXPECT_EQ(work.allocations, 4) << "each once";
}

TEST(Callgrind, AForgedFileCostsLittle) {
  std::string functions = "fl=" + std::string(2'000, 'x') + "\n";
  for (int i = 0; i < 1'000; ++i) functions += "fn=f" + std::to_string(i) + "\n1 1\n";
  const CountedWork work = work_of(functions);
  EXPECT_EQ(work.files.size(), 2u) << "one text for all functions";
  EXPECT_LT(work.name_bytes, 10'000u);
  for (int i = 1'000; i <= 200'000; ++i) functions += "fn=f" + std::to_string(i) + "\n1 1\n";
  CountedWork many;
  EXPECT_EQ(add_callgrind(kHead + functions, many).error().code, Errc::limit);
  CountedWork late;
  EXPECT_EQ(add_callgrind(kHead + functions, late, [] { return true; }).error().code,
            Errc::timeout);
}

TEST(Callgrind, LinksToOneFileAreReadUpToALimit) {
  const auto directory = TemporaryDirectory::make("/tmp", "callgrind-");
  const std::string first = directory->path() + "/callgrind.0";
  ASSERT_TRUE(write_file(first, kHead + std::string("# ") + std::string(60 << 20, 'x')));
  for (int i = 1; i < 5; ++i)
    std::filesystem::create_hard_link(first, directory->path() + "/callgrind." + std::to_string(i));
  EXPECT_THAT(read_callgrind(directory->path()).error().message, HasSubstr("256 MiB"));
  EXPECT_EQ(read_callgrind(directory->path(), [] { return true; }).error().code, Errc::timeout);
}

TEST(Callgrind, IsCalledWithNothingOfTheTree) {
  const std::vector<std::string> command = callgrind_command("/usr/bin/valgrind");
  EXPECT_EQ(command.front(), "/usr/bin/valgrind");
  EXPECT_THAT(command, ::testing::Contains("--command-line-only=yes"));
  EXPECT_THAT(command, ::testing::Contains("--dump-before=execve*"));
  EXPECT_THAT(command, ::testing::Contains("--dump-before=_Fork"));
  EXPECT_EQ(command.back(), "--callgrind-out-file={dir%%}/callgrind.%p");
}

std::string file_of(const std::string& command) {
  return "# callgrind format\npid: 7\ncmd:  " + command + "\n\n" + kHead + kBody;
}

TEST(Callgrind, AddsAllProcessesOfARun) {
  const auto directory = TemporaryDirectory::make("/tmp", "callgrind-");
  EXPECT_FALSE(read_callgrind(directory->path())) << "it wrote nothing";
  ASSERT_TRUE(write_file(directory->path() + "/callgrind.7", file_of("./a")));
  ASSERT_TRUE(write_file(directory->path() + "/callgrind.8", file_of("./b")));
  ASSERT_TRUE(write_file(directory->path() + "/result", "not of callgrind"));
  const Result<CountedWork> work = read_callgrind(directory->path());
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_EQ(work->instructions, 2 * 906);
  EXPECT_EQ(work->allocations, 6);
  ASSERT_TRUE(write_file(directory->path() + "/callgrind.9", file_of("./a")));
  EXPECT_THAT(read_callgrind(directory->path()).error().message, HasSubstr("runs a command twice"));
}

TEST(CountedProcess, IsReadFromItsFile) {
  const CountedProcess process = process_of(
      "# callgrind format\nversion: 1\npid: 12\ncmd:  ./a b\npart: 1\n\n"
      "desc: Trigger: --dump-before=execve\n\nevents: Ir\ncmd: ./c\n");
  EXPECT_EQ(process.pid, "12");
  EXPECT_EQ(process.command, "./a b");
  EXPECT_TRUE(process.is_unfinished);
  EXPECT_FALSE(
      process_of("\ncmd: a\ndesc: Trigger: Program termination\nevents: Ir\n").is_unfinished);
}

TEST(CountedProcess, KnowsFromWhenToWhenAndWhetherItForks) {
  const CountedProcess part = process_of(
      "\npid: 3\ncmd: ./a\npart: 2\ndesc: Timerange: Basic block 128722 - 128858\n"
      "desc: Trigger: --dump-before=_Fork\nevents: Ir\n");
  EXPECT_EQ(part.begun, "128722");
  EXPECT_EQ(part.ended, "128858");
  EXPECT_TRUE(part.forks);
  EXPECT_FALSE(part.is_unfinished);
}

CountedProcess part_of(const std::string& pid, const std::string& begun, const std::string& ended,
                       bool forks = false) {
  return {.pid = pid,
          .command = "./a",
          .is_unfinished = false,
          .instructions = 5e9,
          .forks = forks,
          .begun = begun,
          .ended = ended};
}

TEST(CountedProcesses, ForkWhereTheirCountsBeginAnew) {
  const CountedProcess first = part_of("1", "0", "100", true);
  const CountedProcess second = part_of("1", "100", "130", true);
  const CountedProcess last = part_of("1", "130", "200");
  const CountedProcess child = part_of("2", "100", "900");
  const CountedProcess other = part_of("3", "130", "900");
  EXPECT_EQ(why_not_countable({first, second, last, child, other}), "");
  EXPECT_THAT(why_not_countable({first, second}), HasSubstr("killed"));
  EXPECT_THAT(why_not_countable({first, second, last, child, part_of("4", "100", "500")}),
              HasSubstr("nobody sees"))
      << "it has what its parent did since the fork that was seen";
  EXPECT_THAT(why_not_countable({first, second, last, child, part_of("4", "0", "500")}),
              HasSubstr("nobody sees"));
  EXPECT_THAT(why_not_countable({part_of("1", "0", "9"), part_of("2", "0", "9")}),
              HasSubstr("twice"));
}

TEST(CountedProcesses, ExecuteAnotherProgramAfterAForkThatWasSeen) {
  const CountedProcess shell{"1", "sh -c './b; ./c'", false, 230'000, true, "0", "50"};
  const CountedProcess again{"1", "sh -c './b; ./c'", false, 2'000, true, "50", "60"};
  const CountedProcess waits{"1", "sh -c './b; ./c'", false, 2'000, false, "60", "70"};
  const CountedProcess one{"2", "sh -c './b; ./c'", true, 4'000, false, "50", "80"};
  const CountedProcess two{"3", "sh -c './b; ./c'", true, 4'000, false, "60", "90"};
  const CountedProcess b{"2", "./b", false, 1e9, false, "0", "800"};
  const CountedProcess c{"3", "./c", false, 1e9, false, "0", "800"};
  EXPECT_EQ(why_not_countable({shell, again, waits, one, two, b, c}), "");
}

TEST(CountedProcesses, CountOnlyWhereNothingIsLostOrTwice) {
  const CountedProcess shell{"1", "sh -c 'exec ./a'", true, 230'000};
  const CountedProcess program{"1", "./a", false, 5e9};
  const CountedProcess before{"2", "./a", true, 5e9 + 1e6};
  const CountedProcess child{"2", "./b", false, 1e9};
  EXPECT_EQ(why_not_countable({shell, program}), "");
  EXPECT_EQ(why_not_countable({shell, before, program, child}), "")
      << "what a child has of its parent is in the file of that";
  EXPECT_THAT(why_not_countable({program, program}), HasSubstr("nobody sees"));
  EXPECT_THAT(why_not_countable({shell, before, child}), HasSubstr("executes another program"));
  CountedProcess failed = before;
  failed.pid = program.pid;
  EXPECT_THAT(why_not_countable({failed, program}), HasSubstr("executes another program"))
      << "it went on, and its file begins there";
  EXPECT_THAT(why_not_countable({{"1", "", false, 5}}), HasSubstr("no command"));
  EXPECT_THAT(why_not_countable({shell}), HasSubstr("killed"));
}

TEST(CountedWork, HasToAgree) {
  WorkRuns runs{.base = {{.instructions = 100'000}, {.instructions = 100'050}},
                .head = {{.instructions = 150'000}}};
  EXPECT_EQ(disagreement(runs, 0), "");
  runs.base[1].instructions = 100'500;
  EXPECT_THAT(disagreement(runs, 0), HasSubstr("two runs of base"));
  EXPECT_EQ(disagreement(runs, 0.006), "");
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
  const std::vector<EvidenceFunction> grown =
      grown_functions(runs, Cause::cpu_work, {"/other", "/tree"});
  ASSERT_EQ(grown.size(), 1u) << "3 % of the growth are worth a name";
  EXPECT_EQ(grown[0].name, "parse(int)");
  EXPECT_EQ(grown[0].file, "src/parse.cpp");
  EXPECT_EQ(grown[0].head - grown[0].base, 990);
  gate::CauseInput nothing;
  add_work({}, nothing);
  EXPECT_TRUE(nothing.signals.empty());
  EXPECT_TRUE(grown_functions({}, Cause::cpu_work, {}).empty());
}

TEST(CountedWork, NamesNobodyWhereNothingGrew) {
  WorkRuns runs{.base = {work_of(kBody)}, .head = {work_of(kBody)}};
  runs.head[0].functions["main"].instructions += 500;
  EXPECT_THAT(grown_functions(runs, Cause::cpu_work, {}), IsEmpty()) << "moved from elsewhere";
  runs.base[0].instructions = 1e9;
  runs.head[0].instructions = 1e9 + 600;
  EXPECT_THAT(grown_functions(runs, Cause::cpu_work, {}), IsEmpty()) << "less than runs differ";
}

TEST(CountedWork, NamesForAllocationWhoAllocates) {
  WorkRuns runs{.base = {work_of(kBody)}, .head = {work_of(kBody)}};
  CountedWork& head = runs.head[0];
  head.instructions += 10'000;
  head.functions["main"].instructions += 9'900;
  EXPECT_THAT(grown_functions(runs, Cause::allocation, {}), IsEmpty());
  head.allocations += 100;
  head.functions["parse(int)"].allocations += 100;
  const std::vector<EvidenceFunction> grown = grown_functions(runs, Cause::allocation, {});
  ASSERT_EQ(grown.size(), 1u);
  EXPECT_EQ(grown[0].name, "parse(int)");
  EXPECT_EQ(grown[0].base, 3);
  EXPECT_EQ(grown[0].head, 103);
}

}  // namespace explain_instructions_test
}  // namespace melisai
