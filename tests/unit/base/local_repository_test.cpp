#include "core/base/local_repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"

namespace melisai {
namespace local_repository_test {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(LocalRepository, SaysWhatIsWrongWithAPath) {
  const TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "local-").value();
  const std::string& root = directory.path();
  EXPECT_EQ(local_repository_problem(root + "/none.git"), root + "/none.git does not exist");
  EXPECT_THAT(local_repository_problem("file://" + root + "/none"), EndsWith("does not exist"));
  EXPECT_THAT(local_repository_problem(root), HasSubstr("is no git repository"));
  ASSERT_TRUE(write_file(root + "/file", ""));
  EXPECT_THAT(local_repository_problem(root + "/file"), EndsWith("is no directory"));
  EXPECT_THAT(local_repository_problem(root + "/file/x"), EndsWith("does not exist"));
  ASSERT_TRUE(make_directories(root + "/tree/.git"));
  EXPECT_EQ(local_repository_problem(root + "/tree"), "");
  ASSERT_TRUE(make_directories(root + "/bare.git"));
  ASSERT_TRUE(write_file(root + "/bare.git/HEAD", ""));
  EXPECT_EQ(local_repository_problem("file://" + root + "/bare.git"), "");
}

TEST(LocalRepository, SaysNothingOfServers) {
  for (const char* const address :
       {"https://example.com/x.git", "ssh://git@example.com/x", "git@example.com:x.git", ""})
    EXPECT_EQ(local_repository_problem(address), "") << address;
}

}  // namespace local_repository_test
}  // namespace melisai
