#include "core/serve/retry.h"

#include <gmock/gmock.h>

namespace melisai::serve {
namespace retry_test {

using ::testing::Optional;
using Outcome = PipelineRun::Outcome;
using namespace std::chrono_literals;

/// The smallest or the largest draw.
class EdgeRng final : public Rng {
 public:
  enum class Edge { lowest, highest };
  explicit EdgeRng(Edge edge) : edge_(edge) {}
  std::uint64_t below(std::uint64_t bound) override {
    return edge_ == Edge::lowest ? 0 : bound - 1;
  }

 private:
  Edge edge_;
};

struct Range {
  Milliseconds least;
  Milliseconds most;
  bool operator==(const Range&) const = default;
};

Range after_errors(int errors, const RetryPolicy& policy) {
  const AttemptHistory history{.outcome = Outcome::error, .errors = errors};
  EdgeRng lowest(EdgeRng::Edge::lowest);
  EdgeRng highest(EdgeRng::Edge::highest);
  return {retry_delay(history, policy, lowest).value_or(-1ms),
          retry_delay(history, policy, highest).value_or(-1ms)};
}

TEST(Retry, DelaysDoubleWithAJitterOfAQuarter) {
  const RetryPolicy policy{.errors_max = 9, .delay_first = 1000ms, .delay_max = 3000ms};
  EXPECT_EQ(after_errors(1, policy), (Range{750ms, 1249ms}));
  EXPECT_EQ(after_errors(2, policy), (Range{1500ms, 2499ms}));
  EXPECT_EQ(after_errors(3, policy), (Range{2250ms, 3749ms})) << "the longest";
}

TEST(Retry, ManyErrorsDoNotOverflow) {
  const RetryPolicy policy{.errors_max = 100};
  EXPECT_EQ(after_errors(100, policy), (Range{450s, 750s - 1ms}));
}

TEST(Retry, AnErrorHasAsManyFurtherAttemptsAsThePolicySays) {
  SeededRng rng(1);
  const RetryPolicy policy{.errors_max = 2};
  EXPECT_TRUE(retry_delay({.outcome = Outcome::error, .errors = 1}, policy, rng));
  EXPECT_TRUE(retry_delay({.outcome = Outcome::error, .errors = 2}, policy, rng));
  EXPECT_FALSE(retry_delay({.outcome = Outcome::error, .errors = 3}, policy, rng));
  EXPECT_FALSE(retry_delay({.outcome = Outcome::error, .errors = 1}, {.errors_max = 0}, rng));
}

TEST(Retry, AFailureHasOneMoreAttemptWhereThatIsWanted) {
  SeededRng rng(1);
  const RetryPolicy once{.failed_once = true};
  EXPECT_THAT(retry_delay({.outcome = Outcome::failed, .failures = 1}, once, rng), Optional(0ms));
  EXPECT_FALSE(retry_delay({.outcome = Outcome::failed, .failures = 2}, once, rng));
  EXPECT_FALSE(retry_delay({.outcome = Outcome::failed, .failures = 1}, {}, rng));
}

TEST(Retry, EarlierErrorsDoNotTakeTheAttemptOfAFailure) {
  SeededRng rng(1);
  EXPECT_TRUE(retry_delay({.outcome = Outcome::failed, .errors = 3, .failures = 1},
                          {.failed_once = true}, rng));
}

TEST(Retry, AnAttemptThatWasTooNoisyHasOneMoreWhenTheMachineHasCalmedDown) {
  SeededRng rng(1);
  const auto delay = [&](int inconclusive, bool noisy, const RetryPolicy& policy) {
    return retry_delay(
        {.outcome = Outcome::inconclusive, .inconclusive = inconclusive, .noisy = noisy}, policy,
        rng);
  };
  EXPECT_THAT(delay(1, true, {}), Optional(60s));
  EXPECT_FALSE(delay(2, true, {}));
  EXPECT_TRUE(delay(2, true, {.inconclusive_max = 2}));
  EXPECT_FALSE(delay(1, true, {.inconclusive_max = 0}));
  EXPECT_FALSE(delay(1, false, {})) << "there is nothing to compare with, noise or not";
}

TEST(Retry, OtherEndsAreFinal) {
  SeededRng rng(1);
  for (const Outcome outcome : {Outcome::passed, Outcome::regression, Outcome::inconclusive,
                                Outcome::cancelled, Outcome::superseded, Outcome::skipped})
    EXPECT_FALSE(
        retry_delay({.outcome = outcome, .errors = 1, .failures = 1}, {.failed_once = true}, rng))
        << to_string(outcome);
}

}  // namespace retry_test
}  // namespace melisai::serve
