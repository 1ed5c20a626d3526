#include <gmock/gmock.h>

#include <chrono>

#include "tests/injections.h"
#include "tests/unit/base/git_sandbox.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class GitSubmodules : public GitSandbox {
 protected:
  GitSubmodules() {
    make_directory("lib");
    sh("git init -q . && echo lib > code && git add -A && git commit -q -m lib", "lib");
  }

  /// A commit with one submodule `vendor/lib` at the head of lib, and this address in .gitmodules.
  std::string commit_with_url(const std::string& url) {
    spill(path("repo/.gitmodules"),
          "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = " + url + "\n");
    return sh(
        "git add .gitmodules && git update-index --add --cacheinfo 160000,$(git -C ../lib "
        "rev-parse HEAD),vendor/lib && "
        "git commit -q -m submodule && git rev-parse HEAD");
  }

  Result<void> checkout(const std::string& sha, GitOptions options = {}) {
    options.submodules = true;
    return open("repo", options)->checkout(sha, make_directory("out"));
  }
};

TEST_F(GitSubmodules, AreFetchedFromALocalPathWhenAskedFor) {
  const std::string sha = commit_with_url(path("lib"));
  sh("echo newer > code && git commit -q -a -m newer", "lib");
  const auto before = snapshot(path("repo"));
  ASSERT_EQ(failure(checkout(sha)), "");
  EXPECT_EQ(listing(path("out")), ".gitmodules vendor/lib/code")
      << "and nothing of the fetch is left";
  EXPECT_EQ(slurp(path("out/vendor/lib/code")), "lib\n") << "the recorded commit, not the newest";
  EXPECT_EQ(snapshot(path("repo")), before);
}

TEST_F(GitSubmodules, RelativeAddressesStartFromOriginOrTheRepositoryItself) {
  const std::string sha = commit_with_url("../lib");
  ASSERT_EQ(failure(checkout(sha)), "");
  std::filesystem::remove_all(path("out"));
  sh("git remote add origin file://" + path("elsewhere/repo.git"));
  EXPECT_THAT(failure(checkout(sha)), HasSubstr(path("elsewhere/lib")));
}

TEST_F(GitSubmodules, AreFetchedInsideEachOther) {
  make_directory("middle");
  sh("git init -q . && git submodule --quiet add ../lib inner && git commit -q -m middle",
     "middle");
  sh("git submodule --quiet add ../middle outer && git commit -q -m top");
  ASSERT_EQ(failure(checkout(sh("git rev-parse HEAD"))), "");
  EXPECT_EQ(listing(path("out")), ".gitmodules outer/.gitmodules outer/inner/code");
}

TEST_F(GitSubmodules, ARepositoryInsideItselfEndsAtTheDepthLimit) {
  commit("a", "0");
  // Each commit records its parent as a submodule of the same repository.
  for (int i = 0; i < 9; ++i) {
    spill(path("repo/.gitmodules"), "[submodule \"self\"]\n\tpath = self\n\turl = ./\n");
    sh("git add .gitmodules && git update-index --add --cacheinfo 160000,$(git rev-parse "
       "HEAD),self && git commit -q -m deeper");
  }
  EXPECT_THAT(failure(checkout(sh("git rev-parse HEAD"))),
              AllOf(StartsWith("limit: "), HasSubstr("nested")));
}

TEST_F(GitSubmodules, ARemoteRepositoryMayNotReadThisMachinesRepositories) {
  sh("git remote add origin https://127.0.0.1:1/super.git");
  for (const std::string& url : {path("lib"), "file://" + path("lib")}) {
    EXPECT_THAT(failure(checkout(commit_with_url(url))),
                AllOf(StartsWith("git: submodule vendor/lib"), HasSubstr("local path")));
    std::filesystem::remove_all(path("out"));
  }
}

TEST_F(GitSubmodules, DangerousAddressesAreRefusedBeforeAnythingIsStarted) {
  const std::string proof = path("proof");
  for (const std::string& url :
       {"ext::sh -c 'touch " + proof + "'", "--upload-pack=touch " + proof,
        std::string("git://127.0.0.1/x"), std::string("ssh://-oProxyCommand=x/y"),
        std::string("http://127.0.0.1/x")}) {
    EXPECT_THAT(failure(checkout(commit_with_url(url))),
                StartsWith("git: submodule vendor/lib: the address"))
        << url;
    std::filesystem::remove_all(path("out"));
  }
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(GitSubmodules, HostileAddressesNeitherRunNorReadNorWriteAnything) {
  const std::string executed = path("executed");
  std::ofstream(path("secret")) << "canary-of-the-host\n";
  sh("git remote add origin https://127.0.0.1:1/super.git");
  for (const std::string& url :
       injections("git_urls.txt", {{"executed", executed}, {"secret", path("secret")}})) {
    if (url.find('\0') != std::string::npos) continue;  // no such file is read
    std::string quoted;                                 // as git config writes it
    for (const char c : url)
      quoted += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    const std::string why = failure(checkout(commit_with_url('"' + quoted + '"')));
    EXPECT_THAT(why, StartsWith("git: ")) << shown(url);
    EXPECT_THAT(why, Not(HasSubstr("canary"))) << shown(url);
    std::filesystem::remove_all(path("out"));
  }
  EXPECT_FALSE(std::filesystem::exists(executed));
}

TEST_F(GitSubmodules, AMissingAddressOrCommitIsExplained) {
  const std::string sha = commit_with_url(path("lib"));
  sh("git commit -q --amend -m other && git update-index --add --cacheinfo 160000," + sha +
     ",vendor/lib && git commit -q -m wrong");
  EXPECT_THAT(failure(checkout(sh("git rev-parse HEAD"))), HasSubstr("is on no branch or tag of"));
  std::filesystem::remove_all(path("out"));
  sh("git rm -q -f --cached .gitmodules && git commit -q -m forgotten");
  EXPECT_THAT(failure(checkout(sh("git rev-parse HEAD"))), HasSubstr("has no url in .gitmodules"));
}

TEST_F(GitSubmodules, ALinkAsGitmodulesIsNotFollowed) {
  commit_with_url("x");
  spill(path("evil"), "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = " + path("lib") + "\n");
  sh("rm .gitmodules && ln -s ../evil .gitmodules && git add .gitmodules && git commit -q -m link");
  EXPECT_THAT(failure(checkout(sh("git rev-parse HEAD"))),
              HasSubstr(".gitmodules is not a regular file"));
}

TEST_F(GitSubmodules, AServerThatStaysSilentIsGivenUpAtTheDeadline) {
  const SilentServer server;
  const std::string sha =
      commit_with_url("http://127.0.0.1:" + std::to_string(server.port()) + "/lib");
  const auto start = std::chrono::steady_clock::now();
  const auto result = checkout(sha, {.allow_http = true, .timeout = Milliseconds(1000)});
  EXPECT_THAT(failure(result), StartsWith("timeout: "));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(listing(root_).find("scratch"), std::string::npos);
}

TEST_F(GitSubmodules, PlainHttpNeedsPermission) {
  const WebServer server("git " + root_);
  if (!server.started()) GTEST_SKIP() << "needs python3";
  const std::string sha = commit_with_url(server.url() + "/lib/.git");
  EXPECT_THAT(failure(checkout(sha)), AllOf(HasSubstr("plain http"), HasSubstr("git.allow_http")));
  std::filesystem::remove_all(path("out"));
  ASSERT_EQ(failure(checkout(sha, {.allow_http = true})), "");
  EXPECT_EQ(slurp(path("out/vendor/lib/code")), "lib\n");
}

TEST_F(GitSubmodules, ARedirectToAnotherHostIsNotFollowed) {
  const WebServer real("git " + root_);
  if (!real.started()) GTEST_SKIP() << "needs python3";
  const WebServer redirecting("status 302 " + real.url("http", "localhost"));
  const std::string sha = commit_with_url(redirecting.url() + "/lib/.git");
  EXPECT_THAT(failure(checkout(sha, {.allow_http = true})),
              HasSubstr("cannot redirect from '127.0.0.1' to 'localhost'"));
  EXPECT_FALSE(std::filesystem::exists(path("out/vendor/lib/code")));
}

TEST_F(GitSubmodules, AServerThatWantsAPasswordGetsNoneAndTheUserAnExplanation) {
  const WebServer server("status 401");
  if (!server.started()) GTEST_SKIP() << "needs python3";
  const std::string sha = commit_with_url(server.url() + "/lib");
  EXPECT_THAT(failure(checkout(sha, {.allow_http = true})),
              AllOf(StartsWith("git: "), HasSubstr("asks for a password")));
}

TEST_F(GitSubmodules, ACertificateThatNobodyKnowsIsRefused) {
  sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "
     "/CN=127.0.0.1 -keyout key.pem -out cert.pem "
     "-days 2 2> /dev/null "
     "&& cat key.pem cert.pem > server.pem || rm -f server.pem",
     ".");
  if (!std::filesystem::exists(path("server.pem"))) GTEST_SKIP() << "needs the openssl program";
  const WebServer server("tls " + root_);
  if (!server.started()) GTEST_SKIP() << "needs python3";
  const std::string sha = commit_with_url(server.url("https") + "/lib/.git");
  EXPECT_THAT(failure(checkout(sha)),
              AllOf(StartsWith("git: "), HasSubstr("certificate of 127.0.0.1 is not valid")));
}

TEST_F(GitSubmodules, APasswordInAnAddressIsNotRepeatedInMessages) {
  const std::string sha = commit_with_url("https://me:secret@127.0.0.1:1/lib");
  EXPECT_THAT(failure(checkout(sha)),
              AllOf(HasSubstr("https://127.0.0.1:1/lib"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace melisai::git_tests
