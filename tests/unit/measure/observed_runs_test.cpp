// Runs that are not timed: with an observer around them, or under a tool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/personality.h>

#include <optional>

#include "core/base/files.h"
#include "core/measure/measure.h"
#include "tests/fakes/fake_process_runner.h"

namespace melisai::measure {
namespace observed_runs_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Milliseconds kLong{1'000'000};

class Watched final : public RunObserver {
 public:
  void before_exec(const ProcessTree&) override { ++begun; }
  void after_last(const ProcessTree&) override { ++ended; }
  int begun = 0, ended = 0;
};

class ObservedRuns : public ::testing::Test {
 protected:
  static Subject subject() {
    Subject made;
    made.spec.name = "b";
    made.spec.format.name = "google-benchmark";
    made.spec.run.shell = "bench";
    made.base = {"base", "/tree/base", made.spec.run};
    made.head = {"head", "/tree/head", made.spec.run};
    return made;
  }
  static Result<Exit> answer(const Command& command) {
    FakeProcessRunner::print(
        command, R"({"benchmarks":[{"name":"A","real_time":5,"cpu_time":5,"time_unit":"ns"},)"
                 R"({"name":"B","real_time":5,"cpu_time":5,"time_unit":"ns"}]})");
    return Exit{};
  }

  TemporaryDirectory work_ = *TemporaryDirectory::make(::testing::TempDir(), "observed");
  SeededRng rng_{1};
};

TEST_F(ObservedRuns, LeaveOutWhatNobodyAskedFor) {
  FakeProcessRunner processes(answer);
  PairRunner pairs(processes, rng_, {}, work_.path());
  const Subject made = subject();
  ASSERT_TRUE(pairs.warm_up(made, kLong));
  Watched watched;
  ASSERT_TRUE(pairs.profile(made, made.head, watched, kLong, {"b/A"}));
  EXPECT_EQ(processes.commands.back().argv.back(), "exec bench --benchmark_filter='^(A)$'");
  EXPECT_EQ(processes.commands.back().cwd, "/tree/head");
  for (const std::vector<std::string>& all :
       {std::vector<std::string>{}, std::vector<std::string>{"b/A", "b/B"}}) {
    ASSERT_TRUE(pairs.profile(made, made.head, watched, kLong, all));
    EXPECT_EQ(processes.commands.back().argv.back(), "exec bench");
  }
  EXPECT_EQ(watched.begun, 3);
  EXPECT_EQ(watched.ended, 3);
}

TEST_F(ObservedRuns, RunUnderAToolThatMayWriteSomewhere) {
  FakeProcessRunner processes(answer);
  PairRunner pairs(processes, rng_, {}, work_.path());
  const Subject made = subject();
  const auto ran = pairs.run_under(made, made.base, {"/usr/bin/tool", "--out={dir}/x"}, kLong);
  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_EQ(ran->problem, "");
  EXPECT_EQ(ran->directory, work_.path() + "/tool");
  EXPECT_THAT(processes.commands.back().argv,
              ElementsAre("/usr/bin/tool", "--out=" + work_.path() + "/tool/x", "/bin/sh", "-c",
                          "exec bench"));
  EXPECT_EQ(processes.commands.back().cwd, "/tree/base");
  const std::string odd = work_.path() + "/50%p";
  ASSERT_TRUE(make_directories(odd));
  PairRunner there(processes, rng_, {}, odd);
  ASSERT_TRUE(there.run_under(made, made.base, {"tool", "{dir%%}/%p", "{dir}"}, kLong));
  EXPECT_EQ(processes.commands.back().argv[1], work_.path() + "/50%%p/tool/%p");
  EXPECT_EQ(processes.commands.back().argv[2], odd + "/tool");
}

TEST_F(ObservedRuns, UnderAToolDifferInTheirTreeOnly) {
  std::vector<int> personalities;
  FakeProcessRunner processes([&](const Command& command) {
    personalities.push_back(personality(0xffffffff));
    return answer(command);
  });
  PairRunner pairs(processes, rng_, {}, work_.path());
  Subject made = subject();
  const int before = personality(0xffffffff);
  ASSERT_TRUE(pairs.run_under(made, made.base, {"tool"}, kLong));
  ASSERT_TRUE(pairs.run_under(made, made.head, {"tool"}, kLong));
  EXPECT_EQ(processes.commands[0].env, processes.commands[1].env);
  EXPECT_EQ(personality(0xffffffff), before);
  EXPECT_EQ(personalities[0], personalities[1]);
  if (personality(static_cast<unsigned long>(before) | ADDR_NO_RANDOMIZE) >= 0) {
    personality(static_cast<unsigned long>(before));
    EXPECT_TRUE(personalities[0] & ADDR_NO_RANDOMIZE);
  }
  // What stands above the stack is of one size: `ab` compares commands of any length.
  made.head.run.shell += " --twice";
  const auto bytes = [&](const measure::Side& side) {
    EXPECT_TRUE(pairs.run_under(made, side, {"tool"}, kLong));
    std::size_t sum = side.run.shell.size();
    for (const std::string& variable : processes.commands.back().env) sum += variable.size();
    return sum;
  };
  EXPECT_EQ(bytes(made.base), bytes(made.head));
}

// A string instruction is one of a byte under valgrind.
TEST_F(ObservedRuns, CopyByRegistersUnderATool) {
  FakeProcessRunner processes(answer);
  PairRunner pairs(processes, rng_, {}, work_.path());
  Subject made = subject();
  const auto tunables = [&] {
    EXPECT_TRUE(pairs.run_under(made, made.base, {"tool"}, kLong));
    std::vector<std::string> found;
    for (const std::string& each : processes.commands.back().env)
      if (each.starts_with("GLIBC_TUNABLES=")) found.push_back(each);
    return found;
  };
  const std::string ours =
      "glibc.cpu.x86_rep_movsb_threshold=0x7fffffffffffffff:"
      "glibc.cpu.x86_rep_stosb_threshold=0x7fffffffffffffff";
  EXPECT_THAT(tunables(), ElementsAre("GLIBC_TUNABLES=" + ours));
  made.spec.env["GLIBC_TUNABLES"] = "glibc.malloc.arena_max=1";
  EXPECT_THAT(tunables(), ElementsAre("GLIBC_TUNABLES=glibc.malloc.arena_max=1:" + ours));
  ASSERT_TRUE(pairs.warm_up(made, kLong));
  EXPECT_THAT(processes.commands.back().env,
              ::testing::Contains("GLIBC_TUNABLES=glibc.malloc.arena_max=1"))
      << "never in a timed run";
}

TEST_F(ObservedRuns, SayWhyAToolYieldedNothing) {
  Exit exit;
  FakeProcessRunner processes([&](const Command&) { return exit; });
  PairRunner pairs(processes, rng_, {}, work_.path());
  const Subject made = subject();
  exit.code = 3;
  EXPECT_THAT(pairs.run_under(made, made.base, {"tool"}, kLong)->problem, HasSubstr("code 3"));
  exit.end = Exit::End::timed_out;
  EXPECT_EQ(pairs.run_under(made, made.base, {"tool"}, Milliseconds(5)).error().code,
            Errc::timeout);
  exit.end = Exit::End::interrupted;
  EXPECT_EQ(pairs.run_under(made, made.base, {"tool"}, kLong).error().code, Errc::interrupted);
}

}  // namespace observed_runs_test
}  // namespace melisai::measure
