// From stacks of both sides to times, functions and graphs.
#include "core/explain_stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "tests/unit/symbols/elf_fixture.h"

namespace melisai {
namespace explain_stacks_test {

using gate::CauseInput;
using gate::Signal;
using ::testing::Contains;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const naming::Options kNaming{.program = MELISAI_BIN_DIR "/melisai-gate-symbols"};
constexpr const char* kFutex = R"(["schedule","futex_wait_queue","do_futex","do_syscall_64"])";

class NamedStacksTest : public ::testing::Test {
 protected:
  NamedStacksTest() {
    symbols::write_bytes(app(), symbols::elf_bytes({.symtab = {{"main", 0x401000, 0x20},
                                                               {"find", 0x401020, 0x20},
                                                               {"extra", 0x401040, 0x20}},
                                                    .build_id = "\x01\x02\x03\x04"}));
  }
  const std::string& app() const { return app_; }

  /// A stack of main and, but for 0, what it called.
  static std::string stack(int leaf, const std::string& weight, const std::string& kernel = "[]") {
    const std::string user =
        leaf == 0 ? "[[0,4101]]" : "[[0," + std::to_string(leaf) + "],[0,4112]]";
    return R"({"pid":7,"comm":"app",)" + weight + R"(,"user":)" + user + R"(,"kernel":)" + kernel +
           "}";
  }
  static std::string samples(int count) { return "\"count\":" + std::to_string(count); }
  static std::string waited_ms(int time) {
    return R"("count":1,"total_ns":)" + std::to_string(time) + "000000";
  }
  ObservedRun run(const std::string& on_cpu, const std::string& off_cpu) const {
    const std::string files =
        R"("files":[{"path":")" + app() + R"(","build_id":"01020304"}],"stacks":[)";
    HostResult profile{.collector = "profile", .category = "stacktrace"};
    profile.data = *HostData::parse(R"({"frequency_hz":100,)" + files + on_cpu + "]}");
    HostResult waits{.collector = "offcputime", .category = "stacktrace"};
    waits.data = *HostData::parse(R"({"unit":"ns",)" + files + off_cpu + "]}");
    return {.wall_ns = 1e9, .samples = {}, .parts = {{"stacktrace", {waits, profile}}}};
  }
  /// Head also runs `extra`, and waits for a lock.
  ObservedRuns runs(const std::string& kernel = kFutex) const {
    const std::string found = stack(kFind, samples(40));
    const ObservedRun base = run(found, "");
    const ObservedRun head =
        run(found + "," + stack(kExtra, samples(60)), stack(0, waited_ms(40), kernel));
    return {.base = {base, base, base}, .head = {head, head, head}};
  }
  static CauseInput slower() {
    CauseInput input;
    input.signals[Signal::wall_time] = {{1e9}, {1.6e9}};
    return input;
  }

  static constexpr int kFind = 4133;
  static constexpr int kExtra = 4165;
  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "stacks-");
  std::string app_ = directory_.path() + "/app";
};

TEST_F(NamedStacksTest, SayWhatTookTheTime) {
  const NamedStacks named(runs(), 1, {}, kNaming);
  EXPECT_FALSE(named.empty());
  CauseInput input;
  named.add_signals(input);
  EXPECT_FALSE(input.signals.contains(Signal::new_code_time)) << "counts come first";
  named.add_new_code(input);
  EXPECT_THAT(input.signals.at(Signal::new_code_time).base, Each(DoubleEq(0)));
  EXPECT_THAT(input.signals.at(Signal::new_code_time).head, Each(DoubleEq(60 * 1e7)));
  EXPECT_THAT(input.signals.at(Signal::futex_wait).base, Each(DoubleEq(0)));
  EXPECT_THAT(input.signals.at(Signal::futex_wait).head, Each(DoubleEq(40e6)));
  EXPECT_THAT(input.signals.at(Signal::sleep_wait).head, SizeIs(3));
  EXPECT_THAT(named.problems(), IsEmpty());
}

TEST_F(NamedStacksTest, TellLocksAndProcessesFromOtherCalls) {
  const ObservedRun side =
      run(stack(kFind, samples(10), R"(["futex_wake","do_futex","do_syscall_64"])") + "," +
              stack(kFind, samples(20), R"(["copy_process","kernel_clone","do_syscall_64"])") +
              "," + stack(kFind, samples(40), R"(["something_new","do_syscall_64"])"),
          stack(kFind, waited_ms(5), R"(["schedule","kernel_clone","do_syscall_64"])"));
  CauseInput input;
  NamedStacks({.base = {side}, .head = {side}}, 1, {}, kNaming).add_signals(input);
  EXPECT_THAT(input.signals.at(Signal::futex_time).head, Each(DoubleEq(10 * 1e7)));
  EXPECT_THAT(input.signals.at(Signal::process_time).head, Each(DoubleEq(20 * 1e7)));
  EXPECT_THAT(input.signals.at(Signal::system_time).head, Each(DoubleEq(60 * 1e7)));
  EXPECT_THAT(input.signals.at(Signal::child_wait).head, Each(DoubleEq(5e6)));
}

TEST_F(NamedStacksTest, NameWhoWaitedForACpu) {
  const std::string preempted = R"(["schedule","irqentry_exit_to_user_mode"])";
  const ObservedRun base = run(stack(kFind, samples(50)), stack(kFind, waited_ms(10), preempted));
  const ObservedRun head = run(stack(kFind, samples(50)), stack(kFind, waited_ms(400), preempted));
  NamedStacks named({.base = {base, base, base}, .head = {head, head, head}}, 1, {}, kNaming);
  CauseInput input = slower();
  named.add_functions_of(Cause::scheduling, input);
  ASSERT_THAT(input.off_cpu, SizeIs(1));
  EXPECT_EQ(input.off_cpu[0].name, "find");
}

TEST_F(NamedStacksTest, NameTheFunctionsThatGrew) {
  NamedStacks named(runs(), 1, {}, kNaming);
  CauseInput input = slower();
  named.add_functions(input);
  ASSERT_THAT(input.on_cpu, SizeIs(1)) << "find is as it was";
  EXPECT_EQ(input.on_cpu[0].name, "extra");
  EXPECT_EQ(input.on_cpu[0].when, "on-cpu");
  EXPECT_DOUBLE_EQ(input.on_cpu[0].base, 0);
  EXPECT_DOUBLE_EQ(input.on_cpu[0].head, 60 * 1e7);
  EXPECT_GT(input.on_cpu[0].confidence, 0.99);
  named.add_functions_of(Cause::lock_wait, input);
  ASSERT_THAT(input.off_cpu, SizeIs(1));
  EXPECT_EQ(input.off_cpu[0].name, "main");
  EXPECT_DOUBLE_EQ(input.off_cpu[0].head, 40e6);
  named.add_functions_of(Cause::network, input);
  EXPECT_EQ(input.off_cpu[0].name, "main") << "what fits nothing leaves what was known";
}

TEST_F(NamedStacksTest, SayNothingOfWaitsWhereTheKernelHasNoNames) {
  const NamedStacks named(runs(R"(["0xffffffff81000000","0xffffffff81000010"])"), 1, {}, kNaming);
  CauseInput input;
  named.add_signals(input);
  EXPECT_FALSE(input.signals.contains(Signal::futex_wait)) << "unknown is not 0";
  EXPECT_FALSE(input.signals.contains(Signal::fault_time));
  named.add_new_code(input);
  EXPECT_TRUE(input.signals.contains(Signal::new_code_time));
  EXPECT_THAT(named.problems(), Contains(HasSubstr("CAP_SYSLOG")));
}

// The stand-in of profile.
TEST_F(NamedStacksTest, OfAnOrdinaryUserNameFunctionsAndSayNothingOfTheKernel) {
  ObservedRuns taken = runs();
  for (std::vector<ObservedRun>* side : {&taken.base, &taken.head})
    for (ObservedRun& each : *side) {
      std::vector<HostResult>& results = each.parts.at("stacktrace");
      results[1].collector = "profile_user";
      results[0] = {.collector = "profile", .category = "stacktrace", .errors = {"no rights"}};
    }
  NamedStacks named(taken, 1, {}, kNaming);
  CauseInput input = slower();
  named.add_functions(input);
  ASSERT_THAT(input.on_cpu, SizeIs(1));
  EXPECT_EQ(input.on_cpu[0].name, "extra");
  named.add_signals(input);
  EXPECT_FALSE(input.signals.contains(Signal::system_time)) << "unknown is not 0";
  EXPECT_FALSE(input.signals.contains(Signal::fault_time));
  EXPECT_THAT(named.problems(), Contains(HasSubstr("outside the kernel alone")));
}

TEST_F(NamedStacksTest, DoNotTakeARenamedFunctionForNewWork) {
  const ObservedRun base = run(stack(kFind, samples(40)), "");
  const ObservedRun head = run(stack(kExtra, samples(60)), "");
  const NamedStacks named({.base = {base, base}, .head = {head, head}}, 1, {}, kNaming);
  CauseInput input;
  named.add_new_code(input);
  EXPECT_FALSE(input.signals.contains(Signal::new_code_time));
}

TEST_F(NamedStacksTest, DoNotTakeWhatMovedForNewWork) {
  const ObservedRun base = run(stack(kFind, samples(100)), "");
  const auto new_code = [&](int left, int moved) {
    const ObservedRun head =
        run(stack(kFind, samples(left)) + "," + stack(kExtra, samples(moved)), "");
    CauseInput input;
    NamedStacks({.base = {base, base}, .head = {head, head}}, 1, {}, kNaming).add_new_code(input);
    return input.signals.contains(Signal::new_code_time);
  };
  EXPECT_FALSE(new_code(60, 80)) << "half of it was in the other function";
  EXPECT_TRUE(new_code(97, 80));
}

TEST_F(NamedStacksTest, NameNobodyOfTheKernel) {
  const auto side = [&](int time) {
    return run(stack(kFind, samples(1)),
               R"({"pid":7,"comm":"app","count":1,"total_ns":)" + std::to_string(time) +
                   R"(000000,"user":[],"kernel":["schedule","do_wait"]})");
  };
  NamedStacks named({.base = {side(1), side(1)}, .head = {side(90), side(90)}}, 1, {}, kNaming);
  CauseInput input = slower();
  named.add_functions(input);
  EXPECT_THAT(input.off_cpu, IsEmpty());
}

TEST_F(NamedStacksTest, ScaleHeadToTheWorkOfBase) {
  NamedStacks named(runs(), 2, {}, kNaming);
  CauseInput input = slower();
  named.add_signals(input);
  named.add_new_code(input);
  EXPECT_THAT(input.signals.at(Signal::futex_wait).head, Each(DoubleEq(80e6)));
  EXPECT_THAT(input.signals.at(Signal::new_code_time).head, Each(DoubleEq(120 * 1e7)));
}

TEST_F(NamedStacksTest, WriteGraphsBesideTheReport) {
  const NamedStacks named(runs(), 1, {}, kNaming);
  const auto files = named.write({.file = "cli", .benchmark = "<cli>", .base = "b", .head = "h"},
                                 directory_.path());
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_THAT(*files, SizeIs(6));
  EXPECT_EQ(files->front(), (EvidenceFile{"flame_graph", "flame/cli.svg"}));
  for (const EvidenceFile& file : *files)
    EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/" + file.path)) << file.path;
  const auto svg = read_file(directory_.path() + "/flame/cli.svg", 1 << 22);
  EXPECT_THAT(*svg, HasSubstr("extra"));
  EXPECT_THAT(*svg, Not(HasSubstr("<cli>")));
  const auto folded = read_file(directory_.path() + "/flame/cli.head.folded", 1 << 20);
  EXPECT_EQ(*folded, "app;main;extra 180\napp;main;find 120\n");
  const auto waits =
      named.write({.file = "cli", .benchmark = "cli", .base = "b", .head = "h", .waits = true},
                  directory_.path());
  EXPECT_EQ(waits->front().path, "flame/cli.off-cpu.svg");
  EXPECT_FALSE(named.write({.file = "cli", .benchmark = "cli", .base = "", .head = ""},
                           app() + "/no-directory"));
}

TEST_F(NamedStacksTest, TellWhatCollectorsCouldNot) {
  ObservedRuns all = runs();
  all.head[0].parts["stacktrace"][0].errors = {"unavailable: no such tracepoint"};
  all.head[1].parts["stacktrace"][1].truncated = true;
  all.head[2].parts["stacktrace"][1].data = *HostData::parse(R"({"stacks":7})");
  const NamedStacks named(all, 1, {}, kNaming);
  EXPECT_THAT(named.problems(), Contains("offcputime: unavailable: no such tracepoint"));
  EXPECT_THAT(named.problems(), Contains(HasSubstr("more different stacks")));
  EXPECT_THAT(named.problems(), Contains(HasSubstr("files and stacks must be arrays")));
  EXPECT_TRUE(NamedStacks({}, 1, {}).empty());
}

// Stacks of head, whose file made it crash, beside none of base would be a picture of nothing.
TEST_F(NamedStacksTest, AreNoneWhereWhoNamesThemFails) {
  const std::string helper = directory_.path() + "/helper";
  ASSERT_TRUE(write_file(helper, "#!/bin/sh\nread request\nkill -SEGV $$\n"));
  std::filesystem::permissions(helper, std::filesystem::perms::owner_all);
  for (const std::string& program : {helper, directory_.path() + "/none"}) {
    NamedStacks named(runs(), 1, {}, {.program = program});
    EXPECT_TRUE(named.is_lost());
    EXPECT_TRUE(named.empty());
    CauseInput input = slower();
    named.add_signals(input);
    named.add_functions(input);
    EXPECT_THAT(input.signals, SizeIs(1)) << "what was there before";
    EXPECT_THAT(input.on_cpu, IsEmpty());
    ASSERT_THAT(named.problems(), SizeIs(1));
    EXPECT_THAT(named.problems()[0], HasSubstr("names are missing: "));
    EXPECT_THAT(named.problems()[0], HasSubstr(program == helper ? "killed by SIGSEGV" : "none"));
  }
  EXPECT_FALSE(NamedStacks(runs(), 1, {}, kNaming).is_lost());
}

TEST_F(NamedStacksTest, KeepTheirNamesWhereWhoReadsLinesFails) {
  const std::string helper = directory_.path() + "/helper";
  ASSERT_TRUE(write_file(
      helper, "#!/bin/sh\nsed -u -n '/^line /q;p' | " MELISAI_BIN_DIR "/melisai-gate-symbols\n"));
  std::filesystem::permissions(helper, std::filesystem::perms::owner_all);
  NamedStacks named(runs(), 1, {}, {.program = helper});
  EXPECT_FALSE(named.is_lost()) << named.problems()[0];
  CauseInput input = slower();
  named.add_functions(input);
  ASSERT_THAT(input.on_cpu, SizeIs(1));
  EXPECT_EQ(input.on_cpu[0].name, "extra");
  EXPECT_TRUE(named.is_lost());
  EXPECT_THAT(named.problems(), Contains(HasSubstr("lines of functions are missing: ")));
}

TEST_F(NamedStacksTest, DoNotSayWhereThingsLieOnThisMachine) {
  symbols::write_bytes(app(), symbols::elf_bytes({.build_id = "\x01\x02\x03\x04"}));
  const NamedStacks named(runs(), 1, {directory_.path()}, kNaming);
  EXPECT_THAT(named.problems(), Contains(HasSubstr("'app': it has no symbols")));
  const std::string deep = directory_.path() + "/" + std::string(100, 'd');
  std::filesystem::create_directory(deep);
  std::filesystem::rename(app(), deep + "/app");
  app_ = deep + "/app";
  EXPECT_THAT(NamedStacks(runs(), 1, {deep}, kNaming).problems(),
              Contains(HasSubstr("'app': it has")))
      << "a long path is cut where it is quoted";
  std::filesystem::rename(app(), directory_.path() + "/app");
  app_ = directory_.path() + "/app";
  const char* const home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  setenv("HOME", directory_.path().c_str(), 1);
  const NamedStacks at_home(runs(), 1, {}, kNaming);
  setenv("HOME", before.c_str(), 1);
  EXPECT_THAT(at_home.problems(), Contains(HasSubstr("'~/app': it has no symbols")));
}

TEST_F(NamedStacksTest, TellNoSecretThatIsAName) {
  symbols::write_bytes(app(),
                       symbols::elf_bytes({.symtab = {{"main", 0x401000, 0x20},
                                                      {"find", 0x401020, 0x20},
                                                      {"key_hunter2hunter2", 0x401040, 0x20}},
                                           .build_id = "\x01\x02\x03\x04"}));
  ASSERT_TRUE(keep_secrets({{"KEY", "hunter2hunter2"}}, false));
  NamedStacks named(runs(), 1, {}, kNaming);
  CauseInput input = slower();
  named.add_functions(input);
  const auto files =
      named.write({.file = "cli", .benchmark = "cli", .base = "b", .head = "h"}, directory_.path());
  ASSERT_TRUE(keep_secrets({}, false));
  ASSERT_THAT(input.on_cpu, SizeIs(1));
  EXPECT_EQ(input.on_cpu[0].name, "key_***");
  ASSERT_TRUE(files) << files.error().message;
  for (const EvidenceFile& file : *files)
    EXPECT_THAT(*read_file(directory_.path() + "/" + file.path, 1 << 22),
                Not(HasSubstr("hunter2hunter2")));
}

}  // namespace explain_stacks_test
}  // namespace melisai
