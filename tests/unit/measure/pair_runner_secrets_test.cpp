// What pairs of runs say of secrets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "core/measure/measure.h"
#include "tests/fakes/fake_process_runner.h"

namespace melisai::measure {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PairRunnerSecrets : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "pairs");
    ASSERT_TRUE(made);
    work_.emplace(*std::move(made));
    ASSERT_TRUE(keep_secrets({{"KEY", "hunter2hunter2"}, {"NUMBER", "12345678"}}, true));
  }
  void TearDown() override { ASSERT_TRUE(keep_secrets({}, false)); }

  Result<Pair> warm_up(FakeProcessRunner& processes, const std::string& setup) {
    Subject subject;
    subject.spec.name = "b";
    subject.spec.format.name = "google-benchmark";
    subject.spec.run.shell = "./bench";
    subject.spec.setup.shell = setup;
    subject.base = {"base", "/tree/base", subject.spec.run};
    subject.head = {"head", "/tree/head", subject.spec.run};
    return PairRunner(processes, rng_, {}, work_->path()).warm_up(subject, Milliseconds{1'000'000});
  }

  std::optional<TemporaryDirectory> work_;
  SeededRng rng_{1};
};

TEST_F(PairRunnerSecrets, AreNotInTheLastLineOfAFailureWhereverItIsCut) {
  for (std::size_t behind = 2'000; behind < 2'060; ++behind) {
    FakeProcessRunner processes([&](const Command& command) -> Result<Exit> {
      FakeProcessRunner::print({.stdout_file = command.stderr_file},
                               std::string(500, 'x') + "hunter2hunter2" + std::string(behind, 'y'));
      return Exit{.code = 1};
    });
    const Result<Pair> pair = warm_up(processes, "");
    ASSERT_TRUE(pair);
    EXPECT_THAT(pair->base.failed.at("b"), Not(HasSubstr("r2y"))) << behind;
  }
}

TEST_F(PairRunnerSecrets, AreMaskedInWhatIsNotTimedAndInNamesButNotInNumbers) {
  FakeProcessRunner processes([&](const Command& command) -> Result<Exit> {
    FakeProcessRunner::print(
        command, R"({"benchmarks":[{"name":"of 12345678","real_time":12345678,"cpu_time":5,)"
                 R"("time_unit":"ns"}]})");
    return Exit{};
  });
  const Result<Pair> pair = warm_up(processes, "./make-input");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->base.values.begin()->first.benchmark, "b/of ***");
  EXPECT_TRUE(std::any_of(pair->base.values.begin(), pair->base.values.end(), [](const auto& each) {
    return each.second.value == 12'345'678;
  })) << "a measured number was taken for the secret";
  ASSERT_EQ(processes.commands.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(processes.commands[i].mask_output, i < 2) << "only what is not timed";
}

}  // namespace
}  // namespace melisai::measure
