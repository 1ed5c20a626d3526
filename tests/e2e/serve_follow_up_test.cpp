// What the daemon does by itself after a run that went wrong.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using ServeBisect = Serve;

TEST_F(ServeBisect, NamesTheCommitOfARegression) {
  write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  write_numbers("BM_Parse 1000 0.001\n");
  push();
  start();
  EXPECT_EQ(outcome_of("benchmark#1"), "inconclusive");
  write("docs.txt", "harmless\n");
  commit("before");
  write_numbers("BM_Parse 1500 0.001\n");
  const std::string culprit = commit("the slow one");
  write("docs.txt", "harmless too\n");
  commit("after");
  push("last");
  ASSERT_EQ(outcome_of("benchmark#2"), "regression") << run_of("benchmark#2");
  EXPECT_EQ(outcome_of("benchmark:bisect#1"), "passed") << run_of("benchmark:bisect#1");
  EXPECT_THAT(run_of("benchmark:bisect#1")["reason"],
              AllOf(HasSubstr(culprit.substr(0, 10)), HasSubstr("the slow one")));
  EXPECT_EQ(gate({"show", run_of("benchmark#2")["report"].dump()}).code, 0);
  // What was slow before is the measure of what comes now; nothing is searched for again.
  write("docs.txt", "harmless again\n");
  push();
  EXPECT_EQ(query("SELECT count(*) FROM runs WHERE pipeline LIKE '%:bisect'"), Words{"1"});
}

TEST_F(ServeBisect, CannotTellWhenTheFastCommitIsNoAncestor) {
  write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  write_numbers("BM_Parse 1000 0.001\n");
  push();
  start();
  EXPECT_EQ(outcome_of("benchmark#1"), "inconclusive");
  write("docs.txt", "green\n");
  push();
  ASSERT_EQ(outcome_of("benchmark#2"), "passed");
  ASSERT_EQ(git({"reset", "-q", "--hard", "HEAD~1"}).code, 0);
  write_numbers("BM_Parse 1500 0.001\n");
  commit("slow, and beside the green one");
  ASSERT_EQ(git({"push", "-q", "-f", "origin", "main"}).code, 0);
  ASSERT_EQ(outcome_of("benchmark#3"), "regression") << run_of("benchmark#3");
  EXPECT_EQ(outcome_of("benchmark:bisect#1"), "inconclusive") << run_of("benchmark:bisect#1");
  EXPECT_EQ(run_of("benchmark:bisect#1")["attempts"], 1);
}

class ServeFixer : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    set_up("echo looking; test -e fixed", has_bubblewrap() ? "required" : "off");
  }
  void set_up(const std::string& command, const std::string& sandbox) {
    write_pipelines("build: { trigger: on_commit, run: \"" + command + "\" }\n");
    sha_ = push();
    std::ofstream(config_file()) << "project: { name: demo, repository: demo.git }\n"
                                 << "orchestrator:\n"
                                 << "  polling_interval: 1\n"
                                 << "  max_fix_retries: 2\n"
                                 << "  untrusted: { sandbox: " << sandbox << " }\n"
                                 << "  failure_handling: { auto_fix: true }\n"
                                 << "fixer: { command: \"" << fixer() << "\" }\n";
  }
  std::string fixer() const { return root() + "/fixer.sh"; }
  /// The program's body; standard input is kept as evidence-1, evidence-2.
  void write_fixer(const std::string& body) {
    std::ofstream(fixer()) << "#!/bin/sh\nn=1\nwhile test -e " << root()
                           << "/evidence-$n; do n=$((n + 1)); done\ncat > " << root()
                           << "/evidence-$n\n"
                           << body;
    std::filesystem::permissions(fixer(), std::filesystem::perms::owner_all);
  }
  json evidence(int number) const {
    std::ifstream file(root() + "/evidence-" + std::to_string(number));
    return json::parse(file, nullptr, false);
  }
  static std::string patch_that_adds(const std::string& file) {
    return "cat <<'END'\ndiff --git a/" + file + " b/" + file +
           "\nnew file mode 100644\n--- /dev/null\n+++ b/" + file + "\n@@ -0,0 +1 @@\n+yes\nEND\n";
  }
  std::string sha_;
};

TEST_F(ServeFixer, OffersOnlyAPatchThatMends) {
  write_fixer("if [ $n = 1 ]; then\n" + patch_that_adds("wrong") + "else\n" +
              patch_that_adds("fixed") + "fi\n");
  start();
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_EQ(outcome_of("build:fix#1"), "failed");
  EXPECT_THAT(run_of("build:fix#1")["reason"], HasSubstr("does not mend it"));
  ASSERT_EQ(outcome_of("build:fix#2"), "passed") << run_of("build:fix#2");
  EXPECT_THAT(run_of("build:fix#2")["reason"], HasSubstr("fix.patch mends it"));

  const json first = evidence(1);
  EXPECT_EQ(first["run"], "demo/build#1");
  EXPECT_EQ(first["commit"], sha_);
  EXPECT_EQ(first["outcome"], "failed");
  EXPECT_THAT(first["stages"].dump(), HasSubstr("looking"));
  EXPECT_THAT(first["fix"]["earlier"], IsEmpty());
  EXPECT_EQ(evidence(2)["fix"]["number"], 2);
  EXPECT_THAT(evidence(2)["fix"]["earlier"][0]["reason"], HasSubstr("does not mend it"));

  // Nobody's branch has moved, here or there.
  EXPECT_EQ(git({"rev-parse", "main"}, remote()).out, sha_ + "\n");
  EXPECT_THAT(git({"for-each-ref", "refs/melisai-gate"}, remote()).out, IsEmpty());
  const std::string mirror = state() + "/repositories/demo.git";
  EXPECT_EQ(git({"rev-parse", "refs/heads/main"}, mirror).out, sha_ + "\n");
  const Ran fixed = git({"log", "-1", "--format=%P", "refs/melisai-gate/fixes/build-1-2"}, mirror);
  EXPECT_EQ(fixed.out, sha_ + "\n") << fixed.err;
}

/// The logs of a failure may have told the program what to propose.
TEST_F(ServeFixer, ItsPatchRunsInTheSandbox) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  set_up("test -e fixed && cat " + root() + "/canary || test -e fixed", "required");
  std::ofstream(root() + "/canary") << "canary-8c";
  write_fixer(patch_that_adds("fixed"));
  start();
  EXPECT_EQ(outcome_of("build#1"), "failed");
  ASSERT_EQ(outcome_of("build:fix#1"), "passed") << run_of("build:fix#1");
  EXPECT_THAT(logs_of("build:fix#1"), Not(HasSubstr("canary-8c")));
}

TEST_F(ServeFixer, IsNotAskedWhereItsPatchCouldNotBeConfined) {
  set_up("test -e fixed", "required");
  write_fixer(patch_that_adds("fixed"));
  start({"PATH=" + root() + "/nothing"});
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_EQ(outcome_of("build:fix#1"), "failed");
  EXPECT_THAT(run_of("build:fix#1")["reason"],
              AllOf(HasSubstr("no fix was looked for"), HasSubstr("bubblewrap is not installed")));
  EXPECT_FALSE(std::filesystem::exists(root() + "/evidence-1"));
}

TEST_F(ServeFixer, IsNotAskedForEver) {
  write_fixer("echo no idea >&2\nexit 7\n");
  start();
  EXPECT_EQ(outcome_of("build:fix#2"), "failed");
  EXPECT_THAT(run_of("build:fix#2")["reason"], HasSubstr("exit code 7"));
  EXPECT_EQ(gate({"trigger", "build"}).code, 0);
  EXPECT_EQ(outcome_of("build:fix#4"), "failed") << "another run, and so two other tries";
  EXPECT_EQ(query("SELECT count(*) FROM runs WHERE pipeline = 'build:fix'"), Words{"4"});
}

}  // namespace
}  // namespace melisai::e2e
