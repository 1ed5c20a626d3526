// Tokens for git servers: given to the server that was meant, and to nobody else.
#include <gmock/gmock.h>

#include "tests/unit/base/git_sandbox.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kToken = "t0ken-of-demo";

class GitToken : public GitSandbox {
 protected:
  void SetUp() override {
    sha = commit("a", "1");
    if (!server.started()) GTEST_SKIP() << "needs python3";
  }
  std::unique_ptr<RemoteRepo> remote() const {
    return make_remote_repo({.path = MELISAI_BIN_DIR "/melisai-gate-git"}, {.allow_http = true},
                            no_interrupt());
  }
  /// What the server was sent as user and password, one a line.
  std::string sent() const { return slurp(path("authorizations")); }

  std::string sha;
  WebServer server{"auth " + root_ + " " + kToken};
};

TEST_F(GitToken, LetsItsServerAnswer) {
  const auto refs = remote()->refs({.url = server.url() + "/repo/.git", .token = kToken});
  ASSERT_EQ(failure(refs), "");
  EXPECT_THAT(*refs, SizeIs(1));
  EXPECT_EQ(failure(remote()->fetch({.url = server.url() + "/repo/.git",
                                     .directory = path("mirror"),
                                     .sha = sha,
                                     .token = kToken})),
            "");
  EXPECT_THAT(slurp(path("mirror/config")), Not(HasSubstr(kToken)));
}

TEST_F(GitToken, ThatIsWrongIsSaidAndNotRepeated) {
  const auto refs = remote()->refs({.url = server.url() + "/repo/.git", .token = "wr0ng"});
  EXPECT_THAT(failure(refs),
              AllOf(StartsWith("git: "), HasSubstr("does not accept the project's token"),
                    Not(HasSubstr("wr0ng"))));
  EXPECT_EQ(sent(), "\nx-access-token:wr0ng\n") << "once, when it was asked for";
}

TEST_F(GitToken, IsNeededWhereTheServerAsks) {
  EXPECT_THAT(failure(remote()->refs({.url = server.url() + "/repo/.git"})),
              HasSubstr("give the project a token"));
}

TEST_F(GitToken, IsNotSentToWhereTheServerRedirects) {
  const WebServer elsewhere("status 302 " + server.url("http", "localhost"));
  EXPECT_NE(failure(remote()->refs({.url = elsewhere.url() + "/repo/.git", .token = kToken})), "");
  EXPECT_THAT(sent(), Not(HasSubstr(kToken)));
}

TEST_F(GitToken, IsNotSentToAnotherPortOfTheSameHost) {
  const WebServer elsewhere("status 302 " + server.url());
  EXPECT_THAT(failure(remote()->refs({.url = elsewhere.url() + "/repo/.git", .token = kToken})),
              HasSubstr("redirects to another port"));
  EXPECT_EQ(sent(), "") << "nobody was even asked there";
}

class GitTokenOfSubmodules : public GitToken {
 protected:
  /// A checkout of a commit whose submodule `vendor` is the repository itself at that address.
  std::string checkout(const std::string& url, const std::string& origin) {
    spill(path("repo/.gitmodules"), "[submodule \"v\"]\n\tpath = vendor\n\turl = " + url + "\n");
    const std::string top = sh("git add .gitmodules && git update-index --add --cacheinfo 160000," +
                               sha + ",vendor && git commit -q -m top && git rev-parse HEAD");
    const GitOptions options{
        .allow_http = true, .submodules = true, .origin = {.url = origin, .token = kToken}};
    std::filesystem::remove_all(path("out"));
    return failure(open("repo", options)->checkout(top, make_directory("out")));
  }
};

TEST_F(GitTokenOfSubmodules, IsForThoseOfTheSameServer) {
  EXPECT_EQ(checkout(server.url() + "/repo/.git", server.url() + "/team/super.git"), "");
  EXPECT_EQ(slurp(path("out/vendor/a")), "1");
  EXPECT_EQ(checkout("../../repo/.git", server.url() + "/team/super.git"), "") << "from its origin";
}

TEST_F(GitTokenOfSubmodules, IsForNoOtherHostOrPortAndNoRedirect) {
  const std::string origin = server.url() + "/team/super.git";
  EXPECT_THAT(checkout(server.url("http", "localhost") + "/repo/.git", origin),
              HasSubstr("asks for a password"));
  EXPECT_THAT(checkout("http://u@" + server.url().substr(7) + "/repo/.git", origin),
              HasSubstr("asks for a password"))
      << "it says itself who it is";
  const WebServer elsewhere("status 302 " + server.url("http", "localhost"));
  EXPECT_NE(checkout(elsewhere.url() + "/repo/.git", elsewhere.url() + "/team/super.git"), "");
  const WebServer other_port("status 302 " + server.url());
  EXPECT_NE(checkout(server.url() + "/repo/.git", other_port.url() + "/team/super.git"), "");
  EXPECT_THAT(checkout(other_port.url() + "/repo/.git", other_port.url() + "/team/super.git"),
              HasSubstr("redirects to another port"));
  EXPECT_THAT(sent(), Not(HasSubstr(kToken)));
}

TEST_F(GitTokenOfSubmodules, OfARepositoryFromElsewhereReadNothingOfThisMachine) {
  EXPECT_THAT(checkout(path("repo"), server.url() + "/team/super.git"),
              HasSubstr("only a local repository may use"));
}

}  // namespace
}  // namespace melisai::git_tests
