// Since which commit a pipeline has not seen what was pushed.
#include <optional>

#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using Outcome = PipelineRun::Outcome;

class UnseenPushes : public StoreTest {
 protected:
  Queue queue = Queue::open_writer(state_dir).value();

  std::string sha_of(char digit) { return std::string(40, digit); }
  /// A run of `build`, which ends so; nothing: it stays queued.
  PipelineRun push(char from, char to, std::optional<Outcome> outcome,
                   const std::string& ref = "refs/heads/main") {
    RunEvent event;
    event.project = "demo";
    event.ref = ref;
    event.before = from == ' ' ? "" : sha_of(from);
    event.sha = sha_of(to);
    event.received_at = at(kNow);
    const auto accepted = queue.accept(event).value();
    const Plan plan{.ref = event.ref,
                    .sha = event.sha,
                    .configuration = "{}",
                    .runs = {{.pipeline = "build", .after = {}}}};
    const Planned planned = queue.plan(accepted.event, plan, at(kNow)).value().value();
    const std::int64_t run = planned.runs.front().id;
    if (outcome) {
      EXPECT_TRUE(queue.finish_queued(run, *outcome, "", at(kNow)).value());
    }
    return queue.run(run).value();
  }
  std::string unseen(const PipelineRun& run) { return queue.unseen_since(run).value(); }
};

TEST_F(UnseenPushes, BeginAfterThatOnWhichThePipelineRanToAnEnd) {
  EXPECT_EQ(unseen(push(' ', 'a', Outcome::passed)), "");
  EXPECT_EQ(unseen(push('a', 'b', Outcome::failed)), sha_of('a'));
  EXPECT_EQ(unseen(push('b', 'c', Outcome::regression)), sha_of('b'));
  EXPECT_EQ(unseen(push('c', 'd', Outcome::inconclusive)), sha_of('c'));
  EXPECT_EQ(unseen(push('d', 'e', std::nullopt)), sha_of('d'));
}

TEST_F(UnseenPushes, GoBackBeyondRunsThatSawNothing) {
  push(' ', 'a', Outcome::passed);
  push('a', 'b', Outcome::cancelled);
  push('b', 'c', Outcome::skipped);
  push('c', 'd', Outcome::error);
  push('d', 'e', std::nullopt);  // superseded by the next
  EXPECT_EQ(unseen(push('e', 'f', std::nullopt)), sha_of('a'));
}

TEST_F(UnseenPushes, BelongToOnePipelineOfOneRef) {
  push(' ', 'a', Outcome::passed);
  push(' ', 'b', Outcome::passed, "refs/heads/topic");
  const PipelineRun run = push('a', 'c', std::nullopt);
  EXPECT_EQ(unseen(run), sha_of('a'));
  PipelineRun other = run;
  other.pipeline = "lint";
  EXPECT_EQ(unseen(other), "") << "it never ran";
}

}  // namespace
}  // namespace melisai::store
