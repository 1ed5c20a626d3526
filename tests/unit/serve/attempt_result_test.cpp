#include "core/serve/attempt_result.h"

#include "core/pipeline.h"
#include "core/serve/work.h"
#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace attempt_result_test {

using ::testing::HasSubstr;
using ::testing::Optional;
using Outcome = PipelineRun::Outcome;

class AttemptResult : public WithQueue {
 protected:
  ServeConfig config;
  PipelineRun run;
  Result<Exit> exit = Exit{};
  std::vector<Attempt> earlier;

  store::AttemptEnd end() {
    Attempt attempt;
    attempt.number = static_cast<int>(earlier.size()) + 1;
    attempt.directory = directory.path();
    SeededRng rng(1);
    return end_of(run, {.attempt = attempt, .exit = exit, .earlier = earlier}, config, rng, kNow);
  }
  void leave(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(directory.path() + "/" + name, text));
  }
  void leave(Outcome outcome) {
    leave(kResultFile, to_json(PipelineResult{.outcome = outcome, .reason = "why", .report = 7}));
  }
  void add_earlier(Outcome outcome, const std::string& reason) {
    Attempt attempt;
    attempt.number = static_cast<int>(earlier.size()) + 1;
    attempt.outcome = outcome;
    attempt.reason = reason;
    earlier.push_back(attempt);
  }
  void interrupt() { add_earlier(Outcome::error, interrupted_end(earlier, kNow).reason); }
};

TEST_F(AttemptResult, IsWhatTheProcessLeft) {
  leave(Outcome::regression);
  const store::AttemptEnd ended = end();
  EXPECT_EQ(ended.outcome, Outcome::regression);
  EXPECT_EQ(ended.reason, "why");
  EXPECT_THAT(ended.report, Optional(7));
  EXPECT_FALSE(ended.retry_at);
}

TEST_F(AttemptResult, OneThatWasTooNoisyIsFollowedByAnotherOnce) {
  const PipelineResult noisy{.outcome = Outcome::inconclusive, .reason = "noise", .noisy = true};
  leave(kResultFile, to_json(noisy));
  const store::AttemptEnd first = end();
  EXPECT_EQ(first.outcome, Outcome::inconclusive);
  EXPECT_THAT(first.retry_at, Optional(kNow + std::chrono::seconds(60)));
  add_earlier(Outcome::inconclusive, "noise");
  EXPECT_EQ(end().outcome, Outcome::inconclusive);
  EXPECT_FALSE(end().retry_at);
}

TEST_F(AttemptResult, OneThatHadNothingToCompareIsFinal) {
  leave(Outcome::inconclusive);
  EXPECT_FALSE(end().retry_at);
}

TEST_F(AttemptResult, WithoutOneItSaysHowTheProcessEnded) {
  exit = Exit{.end = Exit::End::exited, .code = 3};
  leave("work.log", "first\nno space left\n\n");
  const store::AttemptEnd ended = end();
  EXPECT_EQ(ended.outcome, Outcome::error);
  EXPECT_THAT(ended.reason, HasSubstr("exit code 3: no space left"));
  ASSERT_TRUE(ended.retry_at);
  EXPECT_GT(*ended.retry_at, kNow);
}

TEST_F(AttemptResult, WithoutALogEither) {
  exit = Exit{.end = Exit::End::signalled, .code = 9};
  EXPECT_THAT(end().reason, ::testing::EndsWith("killed by SIGKILL"));
}

TEST_F(AttemptResult, AProcessThatCouldNotBeStarted) {
  exit = Error{Errc::process, "no runner"};
  EXPECT_EQ(end().outcome, Outcome::error);
  EXPECT_EQ(end().reason, "no runner");
}

TEST_F(AttemptResult, ADamagedFileIsNone) {
  for (const char* text : {"", "{", R"({"outcome": "passed"})"}) {
    leave(kResultFile, text);
    EXPECT_EQ(end().outcome, Outcome::error) << text;
  }
}

TEST_F(AttemptResult, ACancelledRunIsNotTriedAgain) {
  leave(Outcome::error);
  EXPECT_TRUE(end().retry_at);
  run.cancel_requested = true;
  EXPECT_FALSE(end().retry_at);
}

TEST_F(AttemptResult, ErrorsHaveALimit) {
  config.orchestrator.failure.retries_max = 1;
  leave(Outcome::error);
  EXPECT_TRUE(end().retry_at);
  add_earlier(Outcome::error, "no network");
  EXPECT_FALSE(end().retry_at);
}

TEST_F(AttemptResult, EndsOfTheDaemonAreNoErrorsOfTheRun) {
  config.orchestrator.failure.retries_max = 1;
  leave(Outcome::error);
  interrupt();
  EXPECT_TRUE(end().retry_at);
}

TEST_F(AttemptResult, AFailureIsTriedOnceMoreAlsoAfterAnError) {
  config.orchestrator.optimization.retry_failed_tests = true;
  leave(Outcome::failed);
  add_earlier(Outcome::error, "no network");
  EXPECT_THAT(end().retry_at, Optional(kNow));
  add_earlier(Outcome::failed, "tests");
  EXPECT_FALSE(end().retry_at);
}

TEST_F(AttemptResult, CountsWhenItWasThereBeforeTheDaemonEnded) {
  Attempt attempt;
  attempt.directory = directory.path();
  EXPECT_FALSE(result_in_time(attempt));
  leave(Outcome::regression);
  ASSERT_TRUE(result_in_time(attempt));
  EXPECT_EQ(result_in_time(attempt)->outcome, Outcome::regression);
  EXPECT_EQ(result_in_time(attempt)->report, 7);
  leave(Outcome::error);  // what an interrupted one leaves
  EXPECT_FALSE(result_in_time(attempt));
}

TEST_F(AttemptResult, AnEndOfTheDaemonQueuesTheRunAgainButNotForEver) {
  for (int i = 0; i < kInterruptsMax; ++i) {
    EXPECT_THAT(interrupted_end(earlier, kNow).retry_at, Optional(kNow)) << i;
    interrupt();
  }
  EXPECT_FALSE(interrupted_end(earlier, kNow).retry_at);
  EXPECT_EQ(interrupted_end(earlier, kNow).outcome, Outcome::error);
}

TEST_F(AttemptResult, AnOrderedStopQueuesTheRunAgainAndIsNoCrash) {
  config.orchestrator.failure.retries_max = 1;
  for (int i = 0; i <= kInterruptsMax; ++i) {
    EXPECT_THAT(stopped_end(earlier, kNow).retry_at, Optional(kNow));
    add_earlier(Outcome::error, stopped_end(earlier, kNow).reason);
  }
  EXPECT_TRUE(interrupted_end(earlier, kNow).retry_at) << "none of them was a crash";
  leave(Outcome::error);
  EXPECT_TRUE(end().retry_at) << "nor a failure of the infrastructure";
}

TEST_F(AttemptResult, ARunThatStopsTheDaemonInEachAttemptEnds) {
  for (int i = 0; i < kInterruptsMax; ++i) interrupt();
  for (int i = 0; i < kStopsMax; ++i) {
    EXPECT_THAT(stopped_end(earlier, kNow).retry_at, Optional(kNow)) << i;
    add_earlier(Outcome::error, stopped_end(earlier, kNow).reason);
  }
  const store::AttemptEnd last = stopped_end(earlier, kNow);
  EXPECT_FALSE(last.retry_at);
  EXPECT_EQ(last.outcome, Outcome::error);
  EXPECT_THAT(last.reason, HasSubstr("stopped in order in more than 20 of its attempts: look"));
}

TEST_F(AttemptResult, ErrorsDoNotCountAsEndsOfTheDaemon) {
  for (int i = 0; i < kInterruptsMax; ++i) add_earlier(Outcome::error, "no network");
  EXPECT_TRUE(interrupted_end(earlier, kNow).retry_at);
}

}  // namespace attempt_result_test
}  // namespace melisai::serve
