// What a newcomer does: a short configuration, a push, a tag.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

class ServePush : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_pipelines(
        "build: { trigger: on_commit, run: echo built }\n"
        "test: { trigger: after_build, run: echo tested $MELISAI_COMMIT }\n"
        "release: { trigger: on_tag, run: echo released $MELISAI_COMMIT of $MELISAI_REF }\n");
  }
  void push_tag(const std::string& tag) {
    git({"tag", tag});
    EXPECT_EQ(git({"push", "-q", "origin", tag}).code, 0);
  }
  /// What is there when the daemon comes, a push and a tag while it runs.
  void expect_everything_runs() {
    const std::string first = push("first");
    start();
    EXPECT_EQ(outcome_of("test#1"), "passed");
    EXPECT_EQ(run_of("test#1")["commit"], first);
    const std::string second = push("second");
    EXPECT_EQ(outcome_of("test#2"), "passed");
    EXPECT_EQ(run_of("test#2")["commit"], second);
    EXPECT_THAT(logs_of("test#2"), HasSubstr("tested " + second));
    EXPECT_TRUE(run_of("release#1").is_null());
    push_tag("v1");
    EXPECT_EQ(outcome_of("release#1"), "passed");
    EXPECT_EQ(run_of("release#1")["ref"], "refs/tags/v1");
    EXPECT_THAT(logs_of("release#1"), HasSubstr("of refs/tags/v1"));
    EXPECT_TRUE(run_of("build#3").is_null()) << "a tag is no push";
  }
};

TEST_F(ServePush, RunsPushesAndTags) {
  expect_everything_runs();
  const Ran status = gate({"status", "--modules"});
  EXPECT_THAT(status.out, HasSubstr("serve: healthy"));
  EXPECT_THAT(status.out, HasSubstr("demo/release#1"));
  EXPECT_THAT(status.out, HasSubstr("poller"));
  const Ran runs = gate({"runs"});
  EXPECT_THAT(runs.out, HasSubstr("demo/test#2"));
  EXPECT_EQ(stop(), 0);
}

TEST_F(ServePush, RunsThemFromAServerOfTheWeb) {
  const git_tests::WebServer server("git " + root());
  ASSERT_TRUE(server.started());
  configure(server.url() + "/demo.git", "git: { allow_http: true }\n");
  expect_everything_runs();
}

TEST_F(ServePush, GoesOnInTheBackground) {
  push();
  const Ran served = gate({"serve", "--config", config_file(), "--daemon"});
  EXPECT_EQ(served.code, 0) << served.err;
  EXPECT_EQ(outcome_of("test#1"), "passed");
  EXPECT_EQ(gate({"stop"}).code, 0);
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); }));
}

TEST_F(ServePush, OfANewBranchRunsIt) {
  push();
  start();
  ASSERT_EQ(outcome_of("test#1"), "passed");
  git({"checkout", "-q", "-b", "topic"});
  commit("on a branch");
  git({"push", "-q", "origin", "topic"});
  EXPECT_EQ(outcome_of("test#2"), "passed");
  EXPECT_EQ(run_of("test#2")["ref"], "refs/heads/topic");
}

}  // namespace
}  // namespace melisai::e2e
