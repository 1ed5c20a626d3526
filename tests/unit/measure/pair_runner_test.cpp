#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/base/files.h"
#include "core/measure/measure.h"
#include "core/measure/placement.h"
#include "tests/fakes/fake_process_runner.h"

namespace melisai::measure {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Milliseconds kLong{1'000'000};

Subject subject_running(const std::string& line, const std::string& format = "command") {
  Subject made;
  made.spec.name = "b";
  made.spec.format.name = format;
  made.spec.run.shell = line;
  made.base = {"base", "/tree/base", made.spec.run};
  made.head = {"head", "/tree/head", made.spec.run};
  return made;
}

Exit finished(int code = 0) {
  Exit exit;
  exit.code = code;
  exit.usage.wall_time_ns = 1'000'000;
  exit.usage.cpu_time_ns = 990'000;
  exit.usage.tasks_max = 1;
  return exit;
}

bool is_base(const Command& command) { return command.cwd == "/tree/base"; }

std::string benchmarks(const std::vector<std::string>& names) {
  std::string rows;
  for (const std::string& name : names)
    rows += (rows.empty() ? "" : ",") + std::string(R"({"name":")") + name +
            R"(","real_time":5,"cpu_time":5,"time_unit":"ns"})";
  return "{\"benchmarks\":[" + rows + "]}";
}

class PairRunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "pairs");
    ASSERT_TRUE(made);
    work_.emplace(*std::move(made));
  }

  PairRunner pairs_with(FakeProcessRunner& processes, const MeasureOptions& options = {}) {
    return PairRunner(processes, rng_, options, work_->path());
  }

  /// On a machine whose /proc/stat is stat_file().
  PairRunner virtual_pairs_with(FakeProcessRunner& processes, const MeasureOptions& options = {}) {
    return PairRunner(processes, rng_, options, work_->path(), stat_file());
  }
  std::string stat_file() const { return work_->path() + "/stat"; }
  /// So many ticks of 10 ms were stolen from every CPU.
  void show_stolen(int ticks) const {
    std::string text = "cpu  1 1 1 1 1 1 1 " + std::to_string(ticks) + " 0 0\n";
    // All that there may be: during a run the gate itself may not use its CPU.
    for (int cpu = 0; cpu < 256; ++cpu)
      text += "cpu" + std::to_string(cpu) + text.substr(4, text.find('\n') - 3);
    ASSERT_TRUE(write_file(stat_file(), text));
  }

  std::optional<TemporaryDirectory> work_;
  SeededRng rng_{1};
};

TEST_F(PairRunnerTest, RunsBothSidesInRandomOrderBalancedOverTwoPairs) {
  FakeProcessRunner processes([](const Command&) { return finished(); });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("app");
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  std::set<bool> odd_pairs;
  bool previous = false;
  for (int i = 1; i <= 20; ++i) {
    processes.commands.clear();
    const auto pair = pairs.measure(subject, i, {"b"}, kLong);
    ASSERT_TRUE(pair);
    ASSERT_EQ(processes.commands.size(), 2u);
    EXPECT_NE(processes.commands[0].cwd, processes.commands[1].cwd);
    EXPECT_EQ(is_base(processes.commands[0]), pair->base_first);
    if (i % 2 == 1) odd_pairs.insert(pair->base_first);
    if (i % 2 == 0) {
      EXPECT_NE(pair->base_first, previous);
    }
    previous = pair->base_first;
  }
  EXPECT_EQ(odd_pairs.size(), 2u) << "the order was never drawn";
}

TEST_F(PairRunnerTest, BothHalvesUseOneCpuButTheWarmUpDoesNot) {
  if (usable_cpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  FakeProcessRunner processes([](const Command&) { return finished(); });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("app");
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  for (const Command& command : processes.commands) {
    EXPECT_TRUE(command.cpus.empty());
    EXPECT_TRUE(command.count_tasks);
  }
  processes.commands.clear();
  const auto pair = pairs.measure(subject, 1, {"b"}, kLong);
  for (const Command& command : processes.commands) {
    EXPECT_EQ(command.cpus, std::vector<int>{pair->cpu});
    EXPECT_FALSE(command.count_tasks) << "sampling would disturb a timed run";
  }
}

TEST_F(PairRunnerTest, MeasuresWhatIsStolenFromTheCpuOfAHalf) {
  if (usable_cpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  int ticks = 100;
  show_stolen(ticks);
  FakeProcessRunner processes([&](const Command& command) {
    show_stolen(ticks += is_base(command) ? 2 : 3);
    return finished();
  });
  PairRunner pairs = virtual_pairs_with(processes);
  const Subject subject = subject_running("app");
  const SeriesId steal{"b", "steal_time"};
  const auto warm_up = pairs.warm_up(subject, kLong);
  ASSERT_TRUE(warm_up);
  EXPECT_EQ(warm_up->base.values.at(steal).value, 0) << "not known of a run that is not pinned";
  for (const int index : {-1, 1}) {
    const auto pair = pairs.measure(subject, index, {"b"}, kLong);
    ASSERT_TRUE(pair);
    EXPECT_EQ(pair->base.values.at(steal).value, 20e6);
    EXPECT_EQ(pair->head.values.at(steal).value, 30e6);
    EXPECT_EQ(pair->head.values.at(steal).metric.tier, Tier::explain);
  }
}

TEST_F(PairRunnerTest, SaysNothingOfStolenTimeWhereThereIsNone) {
  FakeProcessRunner processes([](const Command&) { return finished(); });
  const Subject subject = subject_running("app");
  const SeriesId steal{"b", "steal_time"};
  show_stolen(0);
  PairRunner bare = virtual_pairs_with(processes);
  EXPECT_FALSE(bare.warm_up(subject, kLong)->base.values.contains(steal));
  EXPECT_FALSE(bare.measure(subject, 1, {"b"}, kLong)->base.values.contains(steal));
  show_stolen(5);
  MeasureOptions anywhere;
  anywhere.pin.mode = Pinning::Mode::off;
  PairRunner unpinned = virtual_pairs_with(processes, anywhere);
  EXPECT_FALSE(unpinned.warm_up(subject, kLong)->base.values.contains(steal));
  EXPECT_FALSE(unpinned.measure(subject, 1, {"b"}, kLong)->base.values.contains(steal));
}

TEST_F(PairRunnerTest, AFurtherWarmUpIsPlacedLikeAJudgedPairAndNotCounted) {
  if (usable_cpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  FakeProcessRunner processes([](const Command&) { return finished(); });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("app");
  const auto first = pairs.warm_up(subject, kLong);
  ASSERT_TRUE(first);
  const auto further = pairs.measure(subject, -1, {"b"}, kLong);
  ASSERT_TRUE(further);
  EXPECT_EQ(further->index, -1);
  EXPECT_NE(further->base_first, first->base_first);
  EXPECT_EQ(processes.commands.back().cpus, std::vector<int>{further->cpu});
  EXPECT_EQ(pairs.describe(subject).pairs, 0);
  ASSERT_TRUE(pairs.measure(subject, 1, {"b"}, kLong));
  EXPECT_EQ(pairs.describe(subject).pairs, 1);
}

TEST_F(PairRunnerTest, EnvironmentsOfBothSidesHaveTheSameNamesAndLengths) {
  FakeProcessRunner processes([](const Command&) { return finished(); });
  PairRunner pairs = pairs_with(processes);
  Subject subject = subject_running("app");
  subject.spec.env = {{"LANG", "C"}, {"MINE", "1"}};
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  const auto& base = processes.commands[0].env;
  const auto& head = processes.commands[1].env;
  ASSERT_EQ(base.size(), head.size());
  for (std::size_t i = 0; i < base.size(); ++i) EXPECT_EQ(base[i].size(), head[i].size());
  EXPECT_THAT(base, Contains("LANG=C"));
  EXPECT_THAT(base, Contains("MINE=1"));
  EXPECT_THAT(base, Contains("PYTHONHASHSEED=0"));
}

TEST_F(PairRunnerTest, ReadsTheHarnessResultFromStandardOutputToo) {
  FakeProcessRunner processes([](const Command& command) {
    FakeProcessRunner::print(command, benchmarks({"BM_A"}));
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  const auto pair = pairs.warm_up(subject_running("bench", "google-benchmark"), kLong);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->base.values.at({"b/BM_A", "wall_time"}).value, 5);
  EXPECT_FALSE(pair->base.values.contains({"b", "peak_rss"}))
      << "a harness that chooses its iterations does no fixed work";
}

TEST_F(PairRunnerTest, FiltersOnlyWhenSomeBenchmarksAreDecided) {
  FakeProcessRunner processes([](const Command& command) {
    const bool filtered = command.argv.back().find("'^(BM_A)$'") != std::string::npos;
    FakeProcessRunner::print(command,
                             benchmarks(filtered ? std::vector<std::string>{"BM_A"}
                                                 : std::vector<std::string>{"BM_A", "BM_B"}));
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("bench", "google-benchmark");
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  ASSERT_TRUE(pairs.measure(subject, 1, {"b/BM_A", "b/BM_B"}, kLong));
  EXPECT_EQ(processes.commands.back().argv.back(), "exec bench");
  const auto pair = pairs.measure(subject, 2, {"b/BM_A"}, kLong);
  EXPECT_EQ(processes.commands.back().argv.back(), "exec bench --benchmark_filter='^(BM_A)$'");
  EXPECT_EQ(pair->head.values.size(), 2u);
}

TEST_F(PairRunnerTest, AFormatIsFoundOutOnceAndFiltersLikeOneThatWasNamed) {
  int runs = 0;
  FakeProcessRunner processes([&](const Command& command) {
    FakeProcessRunner::print(command, ++runs <= 4 ? benchmarks({"BM_A", "BM_B"}) : "hello");
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("bench", "auto");
  const auto warm_up = pairs.warm_up(subject, kLong);
  ASSERT_TRUE(warm_up);
  EXPECT_TRUE(warm_up->head.failed.empty());
  ASSERT_TRUE(pairs.measure(subject, 1, {"b/BM_A"}, kLong));
  EXPECT_EQ(processes.commands.back().argv.back(), "exec bench --benchmark_filter='^(BM_A)$'");
  const auto pair = pairs.measure(subject, 2, {"b/BM_A", "b/BM_B"}, kLong);
  ASSERT_TRUE(pair);
  EXPECT_THAT(pair->base.failed.at("b"), Not(HasSubstr("no known format")));
}

TEST_F(PairRunnerTest, ADescribedResultIsReadAndFilteredByItsNames) {
  FakeProcessRunner processes([](const Command& command) {
    FakeProcessRunner::print(command, "a.b 12 ms\nc 3 ms\n");
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  Subject subject = subject_running("bench");
  subject.spec.format.regex = RegexLayout{
      .pattern = R"(^(?P<name>\S+) (?P<value>\d+) ms)", .unit = "ms", .metric = "", .better = {}};
  subject.spec.filter = "--only={regex}";
  const auto warm_up = pairs.warm_up(subject, kLong);
  ASSERT_TRUE(warm_up);
  EXPECT_EQ(warm_up->base.values.at({"b/a.b", "wall_time"}).value, 12e6);
  ASSERT_TRUE(pairs.measure(subject, 1, {"b/a.b"}, kLong));
  EXPECT_EQ(processes.commands.back().argv.back(), R"(exec bench --only='^(a\.b)$')");
}

TEST_F(PairRunnerTest, AResultWithMoreMetricsThanAllowedFailsAndNamesTheLimit) {
  FakeProcessRunner processes([](const Command& command) {
    FakeProcessRunner::print(command, benchmarks({"BM_A", "BM_B"}));
    return finished();
  });
  MeasureOptions options;
  options.metrics_max = 3;
  PairRunner pairs = pairs_with(processes, options);
  const auto warm_up = pairs.warm_up(subject_running("bench", "auto"), kLong);
  ASSERT_TRUE(warm_up);
  EXPECT_THAT(warm_up->base.failed.at("b"), HasSubstr("measure.metrics_max = 3"));
}

TEST_F(PairRunnerTest, RunsWholeAgainWhenTheLineCannotTakeAFilter) {
  FakeProcessRunner processes([](const Command& command) {
    const bool filtered = command.argv.back().find("filter") != std::string::npos;
    FakeProcessRunner::print(command, filtered ? "usage: bench" : benchmarks({"BM_A", "BM_B"}));
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("bench; true", "google-benchmark");
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  const auto pair = pairs.measure(subject, 1, {"b/BM_A"}, kLong);
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->head.failed.empty());
  EXPECT_TRUE(pair->head.values.contains({"b/BM_A", "wall_time"}));
  processes.commands.clear();
  ASSERT_TRUE(pairs.measure(subject, 2, {"b/BM_A"}, kLong));
  EXPECT_EQ(processes.commands.size(), 2u) << "the filter is not tried a second time";
}

TEST_F(PairRunnerTest, AProgramThatOnlyHeadHasLeavesTheBaseEmpty) {
  FakeProcessRunner processes(
      [](const Command& command) { return finished(is_base(command) ? 127 : 0); });
  PairRunner pairs = pairs_with(processes);
  Subject subject = subject_running("./app");
  const auto pair = pairs.warm_up(subject, kLong);
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->base.values.empty());
  EXPECT_TRUE(pair->base.failed.empty());
  EXPECT_FALSE(pair->head.values.empty());
  subject.base_may_lack_it = false;
  EXPECT_TRUE(pairs_with(processes).warm_up(subject, kLong)->base.failed.contains("b"));
}

TEST_F(PairRunnerTest, AFileThatIsNoProgramHasFailed) {
  FakeProcessRunner processes([](const Command& command) -> Result<Exit> {
    if (!is_base(command)) return finished();
    return Error{Errc::config, "cannot start './app': permission denied"};
  });
  const auto pair = pairs_with(processes).warm_up(subject_running("./app"), kLong);
  ASSERT_TRUE(pair) << "it is no defect of ours";
  EXPECT_THAT(pair->base.failed.at("b"), HasSubstr("permission denied"));
}

TEST_F(PairRunnerTest, AProgramThatIsThereAndMissesSomethingElseHasFailed) {
  const std::string script = work_->path() + "/script.sh";
  ASSERT_TRUE(write_file(script, "missing-tool"));
  FakeProcessRunner processes([](const Command& command) {
    if (!is_base(command)) return finished();
    FakeProcessRunner::print({.stdout_file = command.stderr_file}, "missing-tool: not found\n");
    return finished(127);
  });
  const auto pair = pairs_with(processes).warm_up(subject_running(script), kLong);
  ASSERT_TRUE(pair);
  EXPECT_THAT(pair->base.failed.at("b"), HasSubstr("missing-tool"));
}

TEST_F(PairRunnerTest, AHarnessThatWritesNothingIsNotGivenTheResultBefore) {
  int runs = 0;
  FakeProcessRunner processes([&](const Command& command) {
    if (runs++ >= 2) return finished();
    for (const std::string& variable : command.env)
      if (variable.starts_with("MELISAI_RESULT="))
        FakeProcessRunner::print({.stdout_file = variable.substr(variable.find('=') + 1)},
                                 benchmarks({"BM_A"}));
    return finished();
  });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("bench", "google-benchmark");
  ASSERT_FALSE(pairs.warm_up(subject, kLong)->head.values.empty());
  const auto pair = pairs.measure(subject, 1, {"b/BM_A"}, kLong);
  ASSERT_TRUE(pair);
  EXPECT_TRUE(pair->head.values.empty());
  EXPECT_TRUE(pair->head.failed.contains("b"));
}

TEST_F(PairRunnerTest, SaysWhichSideFailedAndTheLastLineOfItsErrors) {
  FakeProcessRunner processes([](const Command& command) {
    if (is_base(command)) return finished();
    FakeProcessRunner::print({.stdout_file = command.stderr_file}, "warning\ncannot open data\n\n");
    return finished(3);
  });
  const auto pair = pairs_with(processes).warm_up(subject_running("app"), kLong);
  ASSERT_TRUE(pair);
  EXPECT_THAT(pair->head.failed.at("b"), HasSubstr("head"));
  EXPECT_THAT(pair->head.failed.at("b"), HasSubstr("cannot open data"));
  EXPECT_TRUE(pair->base.failed.empty());
}

TEST_F(PairRunnerTest, SetUpRunsOncePerSideAndItsFailureIsTheBenchmarks) {
  FakeProcessRunner processes([](const Command& command) {
    return finished(command.argv.back() == "make-input" && !is_base(command) ? 1 : 0);
  });
  Subject subject = subject_running("app");
  subject.spec.setup.shell = "make-input";
  const auto pair = pairs_with(processes).warm_up(subject, kLong);
  ASSERT_TRUE(pair);
  EXPECT_THAT(pair->head.failed.at("b"), HasSubstr("setup on head"));
  EXPECT_EQ(processes.commands.size(), 2u) << "nothing is measured after a failed set-up";
}

TEST_F(PairRunnerTest, ARunThatTheBudgetEndsIsNotAFailure) {
  FakeProcessRunner processes([](const Command&) { return finished(); });
  PairRunner pairs = pairs_with(processes);
  const Subject subject = subject_running("app");
  ASSERT_TRUE(pairs.warm_up(subject, kLong));
  FakeProcessRunner hanging([](const Command&) {
    Exit exit;
    exit.end = Exit::End::timed_out;
    return exit;
  });
  PairRunner late = pairs_with(hanging);
  const auto warm = late.warm_up(subject, Milliseconds{50});
  ASSERT_FALSE(warm);
  EXPECT_EQ(warm.error().code, Errc::timeout);
  EXPECT_EQ(hanging.commands.front().timeout, Milliseconds{50});
}

TEST_F(PairRunnerTest, AnInterruptIsAnError) {
  FakeProcessRunner processes([](const Command&) {
    Exit exit;
    exit.end = Exit::End::interrupted;
    return exit;
  });
  const auto pair = pairs_with(processes).warm_up(subject_running("app"), kLong);
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().code, Errc::interrupted);
}

}  // namespace
}  // namespace melisai::measure
