// Who is let in: the file of tokens, and the commands that change it.
#include "core/api/tokens.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

class TokenTest : public ::testing::Test {
 protected:
  std::string made(const std::string& name, Scope scope = Scope::read) {
    const auto token = create_token(state_dir, {.name = name, .scope = scope}, clock);
    EXPECT_TRUE(token) << token.error().message;
    return token ? token->secret : "";
  }
  std::string owner(const std::string& secret, const std::string& scheme = "Bearer ") {
    const auto token = tokens.owner_of(scheme + secret);
    return token ? token->name : "nobody";
  }

  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "token-test-").value();
  std::string state_dir = directory.path();
  std::string path = tokens_path(state_dir);
  FakeClock clock;
  Tokens tokens{state_dir};
};

TEST_F(TokenTest, IsShownOnceAndKeptAsAHash) {
  const std::string secret = made("dashboard", Scope::trigger);
  EXPECT_THAT(secret, ::testing::MatchesRegex("mgt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"));
  const std::string file = read_file(path, 1 << 20).value();
  EXPECT_THAT(file, HasSubstr("dashboard"));
  EXPECT_THAT(file, ::testing::Not(HasSubstr(secret.substr(20))));
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_NE(secret, made("another"));
}

TEST_F(TokenTest, LetsItsOwnerInUntilItIsRevoked) {
  EXPECT_EQ(owner("anything"), "nobody");
  const std::string secret = made("dashboard");
  EXPECT_EQ(owner(secret), "dashboard");
  EXPECT_EQ(owner(secret, "bEARER "), "dashboard");
  EXPECT_EQ(owner(secret, "Basic "), "nobody");
  EXPECT_EQ(owner(secret, ""), "nobody");
  std::string other = secret;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(owner(other), "nobody");
  EXPECT_EQ(owner(secret + "A"), "nobody");
  EXPECT_EQ(owner(secret.substr(0, secret.size() - 1)), "nobody");
  ASSERT_TRUE(revoke_token(state_dir, secret.substr(4, 12)));
  EXPECT_EQ(owner(secret), "nobody");
  EXPECT_EQ(revoke_token(state_dir, "abc").error().code, Errc::not_found);
}

TEST_F(TokenTest, HasANameOfItsOwn) {
  made("dashboard");
  for (const std::string& name :
       {std::string("dashboard"), std::string(), std::string(101, 'x'), std::string("two\nlines")})
    EXPECT_EQ(create_token(state_dir, {.name = name}, clock).error().code, Errc::usage) << name;
}

TEST_F(TokenTest, NobodyIsLetInByAFileThatOthersMayTouch) {
  const std::string secret = made("dashboard");
  for (const mode_t mode : {0640u, 0604u, 0660u, 0620u}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(owner(secret), "nobody") << mode;
    EXPECT_EQ(read_tokens(state_dir).error().code, Errc::unavailable);
    EXPECT_EQ(create_token(state_dir, {.name = "new"}, clock).error().code, Errc::unavailable);
  }
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(owner(secret), "dashboard");
}

// The daemon would let nobody in by a file of root, and could not write its own any more.
TEST_F(TokenTest, AreMadeByTheUserOfTheDaemonOnly) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr uid_t kSomebody = 12345;
  const std::string secret = made("old");
  const std::string queue = state_dir + "/queue.db";
  ASSERT_TRUE(write_file(queue, ""));
  ASSERT_EQ(chown(queue.c_str(), kSomebody, static_cast<gid_t>(-1)), 0);
  const auto refused = create_token(state_dir, {.name = "new", .scope = Scope::read}, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("run this as that user (sudo -u '#12345')"));
  EXPECT_FALSE(revoke_token(state_dir, secret.substr(4, 12)));
  EXPECT_EQ(read_tokens(state_dir)->size(), 1u) << "nothing was touched";
  ASSERT_EQ(chown(path.c_str(), kSomebody, static_cast<gid_t>(-1)), 0);
  EXPECT_THAT(read_tokens(state_dir).error().message, HasSubstr("belongs to user 12345"));
}

TEST_F(TokenTest, NobodyIsLetInThroughALink) {
  const std::string secret = made("dashboard");
  ASSERT_EQ(rename(path.c_str(), (path + ".real").c_str()), 0);
  ASSERT_EQ(symlink((path + ".real").c_str(), path.c_str()), 0);
  EXPECT_EQ(owner(secret), "nobody");
  EXPECT_EQ(read_tokens(state_dir).error().code, Errc::io);
}

TEST_F(TokenTest, NobodyIsLetInByADamagedFile) {
  for (const char* const text :
       {"", "[]", "{}", R"({"tokens": [3]})", R"({"tokens": [{"id": "x", "scope": "admin"}]})",
        R"({"tokens": [{"id": "000000000000", "name": "", "scope": "none", "sha256": ""}]})"}) {
    ASSERT_TRUE(write_file(path, text, {.private_mode = true}));
    EXPECT_EQ(read_tokens(state_dir).error().code, Errc::io) << text;
  }
}

TEST_F(TokenTest, ThereIsALimit) {
  made("first");
  Json_ file = Json_::parse(read_file(path, 1 << 20).value());
  while (file["tokens"].size() < kTokensMax) {
    Json_ copy = file["tokens"][0];
    copy["name"] = std::to_string(file["tokens"].size());
    file["tokens"].push_back(copy);
  }
  ASSERT_TRUE(write_file(path, file.dump(), {.private_mode = true}));
  EXPECT_EQ(create_token(state_dir, {.name = "new"}, clock).error().code, Errc::limit);
  file["tokens"].push_back(file["tokens"][0]);
  ASSERT_TRUE(write_file(path, file.dump(), {.private_mode = true}));
  EXPECT_EQ(read_tokens(state_dir).error().code, Errc::limit);
}

TEST_F(TokenTest, CommandsPrintWhatThereIsButNoHash) {
  std::string printed;
  const auto print = [&](std::string_view text) {
    printed = text;
    return true;
  };
  std::string told;
  const Tell tell = [&](const std::string& sentence) { told += sentence; };
  using What = TokenRequest::What;
  TokenRequest request{.state_dir = state_dir, .what = What::list};
  ASSERT_TRUE(api::tokens(request, clock, print, tell));
  EXPECT_THAT(printed, HasSubstr("there is no token"));
  request.what = What::create;
  request.wanted = {.name = "ci", .scope = Scope::trigger};
  ASSERT_TRUE(api::tokens(request, clock, print, tell));
  ASSERT_TRUE(printed.ends_with('\n'));
  EXPECT_EQ(owner(printed.substr(0, printed.size() - 1)), "ci") << "the token, and nothing else";
  EXPECT_THAT(told, HasSubstr("shown once"));
  request.what = What::list;
  ASSERT_TRUE(api::tokens(request, clock, print, tell));
  const Token token = read_tokens(state_dir)->front();
  EXPECT_THAT(printed, ::testing::AllOf(HasSubstr(token.id), HasSubstr("trigger"), HasSubstr("ci"),
                                        ::testing::Not(HasSubstr(token.sha256))));
  request.what = What::revoke;
  request.id = token.id;
  ASSERT_TRUE(api::tokens(request, clock, print, tell));
  EXPECT_THAT(read_tokens(state_dir).value(), IsEmpty());
}

}  // namespace
}  // namespace melisai::api
