// Tokens for the daemon's front door.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TokenCommand, MakesListsAndRevokes) {
  const TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "token-").value();
  const std::string state = directory.path() + "/state";
  const auto token = [&](Words words) {
    words.insert(words.begin(), {MELISAI_BIN_DIR "/melisai-gate", "token"});
    words.insert(words.end(), {"--state-dir", state});
    return run_program(words, "/");
  };
  const Ran made = token({"create", "ci", "--scope", "trigger"});
  ASSERT_EQ(made.code, 0) << made.err;
  ASSERT_TRUE(made.out.ends_with('\n'));
  const std::string secret = made.out.substr(0, made.out.size() - 1);  // as of $(...)
  EXPECT_THAT(made.err, HasSubstr("shown once; `melisai-gate token revoke"));
  EXPECT_THAT(secret, ::testing::MatchesRegex("mgt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"));

  const Ran listed = token({"list"});
  const std::string id = secret.substr(4, 12);
  EXPECT_THAT(listed.out, ::testing::AllOf(HasSubstr(id), HasSubstr("trigger"), HasSubstr("ci")));
  EXPECT_THAT(listed.out, Not(HasSubstr(secret)));
  EXPECT_EQ(token({"create", "ci", "--scope", "read"}).code, 2);
  EXPECT_EQ(token({"create", "x", "--scope", "everything"}).code, 2);
  EXPECT_EQ(token({"revoke", "none"}).code, 2);

  const std::string file = state + "/tokens.json";
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(token({"list"}).code, 4);
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(token({"revoke", id}).code, 0);
  EXPECT_EQ(token({"list", "--json"}).out, "[]\n");
}

}  // namespace
}  // namespace melisai::e2e
