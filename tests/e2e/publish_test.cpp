// `melisai-gate publish`, the program: what it takes, what it says, how it ends. What it asks of
// GitHub is in ci/publish-contract.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/e2e/support/sandbox.h"
#include "tests/e2e/support/web_server.h"

namespace melisai::e2e {
namespace publish_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kToken = "ghs_canary0123456789";
const std::string kSha(40, '2');  // head of the golden reports

class PublishCommand : public ::testing::Test {
 protected:
  std::string root() const { return directory_.path(); }
  /// With nothing of this environment, which may be a CI system's.
  Ran publish(Words words, const Words& variables = {}) {
    Words argv = {"/usr/bin/env", "-i", "HOME=" + root(), "PATH=/usr/bin:/bin"};
    argv.insert(argv.end(), variables.begin(), variables.end());
    argv.insert(argv.end(), {MELISAI_BIN_DIR "/melisai-gate", "publish"});
    argv.insert(argv.end(), words.begin(), words.end());
    const Ran ran = run_program(argv, root());
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr(kToken)));
    return ran;
  }
  void artifact(const std::string& golden) {
    std::filesystem::copy_file(
        std::string(MELISAI_SOURCE_DIR) + "/tests/golden/report/" + golden + ".json",
        root() + "/report.json", std::filesystem::copy_options::overwrite_existing);
  }
  Words place() const {
    return {"--from", root(), "--repository", "team/demo", "--sha", kSha, "--pr", "7"};
  }

 private:
  TemporaryDirectory directory_{*TemporaryDirectory::make(::testing::TempDir(), "publish-")};
};

TEST_F(PublishCommand, PrintsInADryRunWhatItWouldSay) {
  artifact("regression");
  Words words = place();
  words.push_back("--dry-run");
  const Ran ran = publish(words);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("would publish at api.github.com: commit " + kSha +
                                  " of team/demo, #7\ncheck run: failure, REGRESSION: "));
  std::ifstream file(std::string(MELISAI_SOURCE_DIR) + "/tests/golden/comment/regression.md");
  const std::string comment{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(ran.out.ends_with("comment:\n\n" + comment)) << ran.out;
}

TEST_F(PublishCommand, SendsItsTokenInAHeaderAndSaysWhatIsWrongWithIt) {
  artifact("pass");
  const WebServer server(root());
  Words words = place();
  words.insert(words.end(), {"--api", server.url("/status/401"), "--allow-private"});
  const Ran ran = publish(words, {"GITHUB_TOKEN=" + std::string(kToken)});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("does not accept the token"));
  EXPECT_THAT(server.request(1),
              AllOf(HasSubstr("POST /status/401/repos/team/demo/check-runs HTTP"),
                    HasSubstr("Authorization: Bearer " + std::string(kToken) + "\n"),
                    HasSubstr("\"conclusion\":\"success\"")));
}

TEST_F(PublishCommand, FollowsNobody) {
  artifact("pass");
  const TemporaryDirectory beside = *TemporaryDirectory::make(::testing::TempDir(), "redirect-");
  const WebServer other(beside.path());
  const WebServer server(root());
  Words words = place();
  words.insert(words.end(), {"--api", server.url("/to?" + other.url("")), "--allow-private"});
  EXPECT_EQ(publish(words, {"GITHUB_TOKEN=" + std::string(kToken)}).code, 2);
  EXPECT_EQ(other.request(1), "");
}

TEST_F(PublishCommand, EndsAtItsDeadline) {
  artifact("pass");
  const WebServer server(root());
  Words words = place();
  words.insert(words.end(),
               {"--api", server.url("/silent"), "--allow-private", "--deadline", "1s"});
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(publish(words, {"GITHUB_TOKEN=" + std::string(kToken)}).code, 4);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
}

TEST_F(PublishCommand, IsExitCodeTwoForWhatSomebodyHasToChange) {
  EXPECT_EQ(publish(place()).code, 2);  // no report
  artifact("pass");
  EXPECT_THAT(publish(place()).err, HasSubstr("there is no token"));
  for (const Words& wrong :
       {Words{"--forge", "svn"}, Words{"--pr", "0"}, Words{"--pr", "x"}, Words{"--context", "a b"},
        Words{"--deadline", "0s"}, Words{"--fail-on", "x"}, Words{"--app", "7"},
        Words{"--token", kToken}}) {
    Words words = place();
    words.insert(words.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(publish(words).code, 2) << wrong[0];
  }
  EXPECT_EQ(publish({"--from", root()}).code, 2);
  EXPECT_THAT(publish({"--help"}).out,
              AllOf(HasSubstr("Usage: melisai-gate publish "), HasSubstr("Exit codes")));
}

}  // namespace publish_test
}  // namespace melisai::e2e
