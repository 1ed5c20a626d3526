// Runs of code that nobody trusts.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ServeUntrusted : public Serve {
 protected:
  /// A push as what brings strangers' code in will make it: nothing of it is trusted. `run`: the
  /// first of it.
  void push_of_strangers(const std::string& run) {
    ASSERT_EQ(gate({"pause"}).code, 0);
    push();
    ASSERT_TRUE(is_in_state(run, "queued")) << run_of(run);
    const Ran changed = run_program({"python3", "-c",
                                     "import sqlite3, sys\n"
                                     "queue = sqlite3.connect(sys.argv[1], timeout=30)\n"
                                     "queue.execute('UPDATE runs SET trusted = 0')\n"
                                     "queue.commit()",
                                     state() + "/queue.db"},
                                    root());
    ASSERT_EQ(changed.code, 0) << changed.err;
    ASSERT_EQ(gate({"resume"}).code, 0);
  }
};

TEST_F(ServeUntrusted, AreRefusedWithoutASandbox) {
  write_pipelines("build: { trigger: on_commit, run: \"echo I was run\" }\n");
  start({"PATH=" + root() + "/nothing"});
  push_of_strangers("build#1");
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_THAT(run_of("build#1")["reason"],
              AllOf(HasSubstr("bubblewrap is not installed"), HasSubstr("doctor")));
  EXPECT_THAT(logs_of("build#1"), Not(HasSubstr("I was run\n")));
}

TEST_F(ServeUntrusted, RunWithoutASandboxOnlyWhenTheOperatorSaysSo) {
  configure("demo.git", "  untrusted: { sandbox: off }\n");
  write_pipelines("build: { trigger: on_commit, run: \"ls " + state() + "\" }\n");
  start();
  EXPECT_THAT(daemon_log(), HasSubstr("untrusted.sandbox is off"));
  push_of_strangers("build#1");
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("queue.db"));
}

TEST_F(ServeUntrusted, BuildInTheSandboxAndSeeNothingElse) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  std::ofstream(root() + "/canary") << "canary-7a";
  write("hello.c", "#include <stdio.h>\nint main(void) { puts(\"built\"); }\n");
  write("try.sh", "#!/bin/sh\ncc -o hello hello.c && ./hello\ncat " + root() + "/canary; ls " +
                      state() + "; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; true\n");
  write_pipelines("build: { trigger: on_commit, run: ./try.sh }\n");
  start({"OPERATORS_TOKEN=canary-7b"});
  push_of_strangers("build#1");
  ASSERT_EQ(outcome_of("build#1"), "passed") << run_of("build#1") << logs_of("build#1");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("built\n"));
  for (const char* sight : {"canary-7a", "canary-7b", "queue.db"})
    EXPECT_THAT(logs_of("build#1"), Not(HasSubstr(sight)));
}

TEST_F(ServeUntrusted, AreComparedInTheSandboxOnBothSides) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  const std::string bench = MELISAI_SEEDED_BENCH;
  configure("demo.git", "  untrusted: { paths: [\"" + bench + "\"] }\n");
  write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  write_numbers("BM_Parse 1000 0.001\n");
  push();
  start();
  ASSERT_EQ(outcome_of("benchmark#1"), "inconclusive");
  write_numbers("BM_Parse 1000 0.001\n\n");
  push_of_strangers("benchmark#2");
  EXPECT_EQ(outcome_of("benchmark#2"), "passed") << run_of("benchmark#2");
  write_numbers("BM_Parse 1500 0.001\n");
  push_of_strangers("benchmark#3");
  EXPECT_EQ(outcome_of("benchmark#3"), "regression") << run_of("benchmark#3");
}

TEST_F(ServeUntrusted, GetNoSecrets) {
  configure("demo.git",
            "  untrusted: { sandbox: off }\n"
            "pipelines:\n"
            "  build: { trigger: on_commit, run: \"echo $KEY\", env: { KEY: \"${secret:KEY}\" } "
            "}\n");
  write_pipelines("build: { trigger: on_commit, run: \"true\" }\n");
  start({"KEY=canary-of-the-operator"});
  push_of_strangers("build#1");
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_THAT(run_of("build#1")["reason"], HasSubstr("needs secret 'KEY'"));
}

}  // namespace
}  // namespace melisai::e2e
