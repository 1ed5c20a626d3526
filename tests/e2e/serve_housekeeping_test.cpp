// What the daemon forgets.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

class ServeHousekeeping : public Serve {
 protected:
  /// While no daemon runs.
  void change_queue(const std::string& sql) {
    const Ran ran =
        run_program({"python3", "-c",
                     "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).executescript(sys.argv[2])",
                     state() + "/queue.db", sql},
                    root());
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
};

TEST_F(ServeHousekeeping, WhatIsLongOverIsForgottenAndNumbersGoOn) {
  configure("demo.git", "  persistence: { keep: 2d, keep_runs: 1 }\n");
  write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  write("file", "1");
  push();
  ASSERT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(stop(), 0);
  change_queue("UPDATE runs SET finished_ms = 1000; UPDATE events SET received_ms = 1000;");
  start();
  const auto directory = [this](const std::string& name) {
    return std::filesystem::exists(state() + "/attempts/" + name);
  };
  EXPECT_TRUE(eventually([&] { return !directory("1-1"); }, std::chrono::seconds(40)));
  EXPECT_TRUE(run_of("build#1").is_null());
  EXPECT_TRUE(directory("2-1"));
  EXPECT_EQ(run_of("build#2")["outcome"], "passed");
  write("file", "2");
  push();
  EXPECT_EQ(outcome_of("build#3"), "passed");
}

}  // namespace
}  // namespace melisai::e2e
