// Workflows in the queue: of two changes of the same state one happens.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueueWorkflows : public StoreTest {
 protected:
  std::int64_t put(const std::string& name, const std::string& text, std::int64_t revision = 0) {
    const auto done = queue
                          .store_workflow({.name = name,
                                           .text = text,
                                           .changed_by = "ops",
                                           .changed_at = at(kNow),
                                           .revision = revision})
                          .value();
    return done.value_or(0);
  }

  Queue queue = Queue::open_writer(state_dir).value();
};

TEST_F(QueueWorkflows, AreThereAfterTheDaemon) {
  const std::int64_t b = put("b", "b: {}");
  const std::int64_t a = put("a", "a: {}");
  queue = Queue::open_writer(state_dir).value();
  const StoredWorkflow first{"a", "a: {}", "ops", at(kNow), a};
  const StoredWorkflow second{"b", "b: {}", "ops", at(kNow), b};
  EXPECT_THAT(queue.workflows().value(), ElementsAre(first, second));
}

TEST_F(QueueWorkflows, AreChangedOnlyFromTheStateThatWasSeen) {
  const std::int64_t first = put("w", "1");
  EXPECT_EQ(put("w", "2"), 0) << "there is one already";
  const std::int64_t second = put("w", "2", first);
  EXPECT_GT(second, first);
  EXPECT_EQ(put("w", "3", first), 0);
  EXPECT_EQ(put("other", "3", first), 0) << "there is none";
  EXPECT_EQ(queue.workflows().value().front().text, "2");
  EXPECT_FALSE(queue.remove_workflow("w", first).value());
  EXPECT_TRUE(queue.remove_workflow("w", second).value());
  EXPECT_FALSE(queue.remove_workflow("w", second).value());
  EXPECT_THAT(queue.workflows().value(), IsEmpty());
}

TEST_F(QueueWorkflows, NoRevisionComesBack) {
  const std::int64_t first = put("w", "1");
  ASSERT_TRUE(queue.remove_workflow("w", first).value());
  EXPECT_GT(put("w", "1"), first);
}

}  // namespace
}  // namespace melisai::store
