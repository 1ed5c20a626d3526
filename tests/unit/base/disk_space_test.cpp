#include "core/base/disk_space.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/base/files.h"

namespace melisai {
namespace disk_space_test {

using ::testing::HasSubstr;

TEST(FullDisk, IsNoneWithRoomAndNoneThatIsNotThere) {
  const auto directory = TemporaryDirectory::make(testing::TempDir(), "disk_space");
  ASSERT_TRUE(directory);
  EXPECT_EQ(full_disk(directory->path()), "");
  EXPECT_EQ(full_disk(directory->path() + "/nowhere"), "");
}

TEST(FullDisk, IsOneThatTakesNothingMore) {
  const auto directory = TemporaryDirectory::make(testing::TempDir(), "disk_space");
  ASSERT_TRUE(directory);
  const std::string disk = directory->path();
  if (mount("melisai", disk.c_str(), "tmpfs", 0, "size=4m,mode=0700") != 0)
    GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
  EXPECT_EQ(full_disk(disk), "");
  std::ofstream(disk + "/ballast") << std::string(4 << 20, 'x');
  EXPECT_THAT(full_disk(disk), HasSubstr("the disk of " + disk + " has no room for"));
  umount2(disk.c_str(), MNT_DETACH);
}

}  // namespace disk_space_test
}  // namespace melisai
