// Runs of code that nobody trusts.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
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

/// Takes 256 MiB; bounded by itself, for the day that nothing else bounds it.
constexpr const char* kHog = "test $(head -c 256M /dev/zero | tail -c 256M | wc -c) -gt 0";

TEST_F(ServeUntrusted, MayUseUpOnlyWhatTheirLimitsGiveThem) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  configure("demo.git", "  untrusted: { max_memory: 64MiB, max_processes: 40 }\n");
  write("storm.py",
        "import os, signal\n"
        "made = 0\n"
        "try:\n"
        "    while made < 300:\n"
        "        if os.fork() == 0: signal.pause()\n"
        "        made += 1\n"
        "except OSError: pass\n"
        "print('made', made, flush=True)\n"
        "exit(3)\n");
  write_pipelines(std::string("hog: { trigger: on_commit, run: \"set -e; ") + kHog +
                  "\" }\n"
                  "storm: { trigger: on_commit, run: \"python3 storm.py\" }\n");
  start();
  push_of_strangers("storm#1");
  EXPECT_EQ(outcome_of("hog#1"), "failed") << logs_of("hog#1");
  EXPECT_THAT(run_of("hog#1")["reason"].get<std::string>(), HasSubstr("limit of 64 MiB"));
  EXPECT_EQ(outcome_of("storm#1"), "failed");
  EXPECT_THAT(logs_of("storm#1"), AnyOf(HasSubstr("made 3"), HasSubstr("no limit of processes")));
  EXPECT_THAT(logs_of("storm#1"), Not(HasSubstr("made 300\n")));
  write("again", "");
  write_pipelines("build: { trigger: on_commit, run: \"echo well\" }\n");
  push();
  EXPECT_EQ(outcome_of("build#1"), "passed") << run_of("build#1");
}

TEST_F(ServeUntrusted, HaveTheSameLimitsWhileTheyAreTimed) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  configure("demo.git", "  untrusted: { max_memory: 64MiB }\n");
  write("work.sh", "true\n");
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  benchmark:\n    trigger: on_commit\n    benchmarks:\n"
        "      - { name: work, run: \"sh work.sh\" }\n"
        "gate: { budget: 5s, max_pairs: 6 }\nmeasure: { cgroup: off }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("benchmark#1"), "inconclusive") << run_of("benchmark#1");
  write("work.sh", std::string(kHog) + " && exit 0; exit 5\n");
  push_of_strangers("benchmark#2");
  EXPECT_EQ(outcome_of("benchmark#2"), "failed") << run_of("benchmark#2");
  EXPECT_THAT(run_of("benchmark#2").dump(), HasSubstr("limit of 64 MiB"));
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
