#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/store/queue.h"

namespace melisai::store {
namespace queue_damage_test {

using ::testing::HasSubstr;

constexpr Bytes kPlenty = 1 << 30;

class QueueDamage : public ::testing::Test {
 protected:
  /// With enough in it for a page in the middle.
  void fill() {
    auto queue = Queue::open_writer(directory.path());
    ASSERT_TRUE(queue);
    std::vector<RefState> refs;
    for (int i = 0; i < 2'000; ++i)
      refs.push_back({"refs/heads/branch-" + std::to_string(i), std::string(40, 'a')});
    ASSERT_TRUE(queue->note_refs("demo", refs, WallTime{}));
  }
  void break_it() const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto page =
        static_cast<std::streamoff>(std::filesystem::file_size(path()) / 8'192 * 4'096);
    file.seekp(page);
    file << std::string(4'096, 'x');
  }
  std::string path() const { return directory.path() + "/queue.db"; }
  Result<void> look(Bytes bytes_max) const {
    return Queue::look_for_damage(directory.path(), bytes_max);
  }

  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "queue-damage-").value();
};

TEST_F(QueueDamage, IsNotFoundInWhatIsWhole) {
  fill();
  EXPECT_TRUE(look(kPlenty));
}

TEST_F(QueueDamage, IsFoundInTheMiddle) {
  fill();
  break_it();
  const auto looked = look(kPlenty);
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().message, HasSubstr("queue.db is damaged"));
}

TEST_F(QueueDamage, IsNotLookedForInWhatTakesTooLong) {
  fill();
  break_it();
  EXPECT_TRUE(look(std::filesystem::file_size(path()) - 1));
}

TEST_F(QueueDamage, IsThatThereIsNoQueue) {
  const auto looked = look(kPlenty);
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().message, HasSubstr("is gone"));
}

}  // namespace queue_damage_test
}  // namespace melisai::store
