#include "core/base/thread.h"

#include <gmock/gmock.h>

#include "tests/fakes/no_more_threads.h"

namespace melisai {
namespace thread_test {

using ::testing::HasSubstr;

TEST(Thread, ThatCannotBeStartedIsAnErrorWhichSaysWhatToLookAt) {
  const NoMoreThreads none;
  const Result<std::jthread> thread = start_thread([] {});
  ASSERT_FALSE(thread);
  EXPECT_EQ(thread.error().code, Errc::process);
  EXPECT_THAT(thread.error().message, HasSubstr("no thread can be started"));
  EXPECT_THAT(thread.error().message, HasSubstr("TasksMax"));
}

TEST(Thread, RoomIsThereOrNot) {
  EXPECT_TRUE(room_for_threads(8));
  const NoMoreThreads none;
  EXPECT_FALSE(room_for_threads(1));
}

}  // namespace thread_test
}  // namespace melisai
