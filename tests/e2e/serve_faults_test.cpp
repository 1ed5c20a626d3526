// What a machine does to a daemon: a full disk, a database that somebody holds, a clock that jumps.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ServeFaults : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_pipelines("build: { trigger: on_commit, run: \"until test -e " + go() +
                    "; do sleep 0.01; done\" }\n"
                    "hello: { trigger: manual, run: \"echo hello\" }\n");
    push();
  }
  std::string go() const { return root() + "/go"; }
  void release() { std::ofstream(go()) << "go\n"; }
};

TEST_F(ServeFaults, ALockedQueueOnlyDelays) {
  start();
  ASSERT_TRUE(is_in_state("build#1", "running"));
  // Longer than the queue waits for others, so that what has to be written meanwhile fails.
  const std::string held = root() + "/held";
  const pid_t holder =
      start_program({"python3", "-c",
                     "import sqlite3, sys, time\n"
                     "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                     "db.execute('BEGIN IMMEDIATE')\n"
                     "open(sys.argv[2], 'w').close()\n"
                     "time.sleep(12)\n",
                     state() + "/queue.db", held},
                    root(), {.out = root() + "/holder.log", .err = root() + "/holder.log"});
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(held); }));
  release();
  ASSERT_TRUE(
      eventually([&] { return daemon_log().find("cannot be written") != std::string::npos; },
                 std::chrono::seconds(30)))
      << daemon_log();
  waitpid(holder, nullptr, 0);
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(run_of("build#1")["attempts"], 1) << "it had ended well; only the queue did not know";
  push();
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServeFaults, ADamagedQueueIsRefusedAtTheStart) {
  release();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(stop(), 0);
  {
    std::fstream file(state() + "/queue.db", std::ios::binary | std::ios::in | std::ios::out);
    // Not its first page, which says what it is.
    file.seekp(4 * 4096) << std::string(3 * 4096, 'x');
  }
  const Ran ran = gate({"serve", "--config", config_file()});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("queue.db is damaged"));
  EXPECT_THAT(ran.err, HasSubstr("move it away"));
}

/// The state directory on a file system of a few MiB, which only this test sees the end of.
class ServeOnAFullDisk : public ServeFaults {
 protected:
  void SetUp() override {
    ServeFaults::SetUp();
    std::filesystem::create_directory(state());
    if (mount("melisai", state().c_str(), "tmpfs", 0, "size=8m,mode=0700") != 0)
      GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
    mounted_ = true;
  }
  void TearDown() override {
    ServeFaults::TearDown();
    if (mounted_) umount2(state().c_str(), MNT_DETACH);
  }
  void fill() {
    std::ofstream file(state() + "/ballast", std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
  }
  void make_room() { std::filesystem::remove(state() + "/ballast"); }

 private:
  bool mounted_ = false;
};

TEST_F(ServeOnAFullDisk, AcceptsNothingThatItCannotKeepAndGoesOn) {
  start();
  // One that cannot be noted any more ends before it begins, and the push takes its place.
  ASSERT_TRUE(is_in_state("build#1", "running"));
  ASSERT_TRUE(eventually(
      [&] { return query("SELECT count(*) FROM attempts WHERE pid > 0") == Words{"1"}; }));
  fill();
  int accepted = 0;
  for (int i = 0; i < 3; ++i) accepted += gate({"trigger", "hello"}).code == 0 ? 1 : 0;
  release();
  push();
  ASSERT_TRUE(eventually([&] { return daemon_log().find("No space left") != std::string::npos; },
                         std::chrono::seconds(30)))
      << daemon_log();
  EXPECT_TRUE(status().is_object()) << "it does not answer any more";
  make_room();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_THAT(query("PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_EQ(query("SELECT count(*) FROM events WHERE kind = 'manual'").front(),
            std::to_string(accepted));
  EXPECT_EQ(stop(), 0);
}

/// The workspace on a disk of its own, on which a build finds no room.
class ServeInAFullWorkspace : public ServeFaults {
 protected:
  std::string space() const { return root() + "/space"; }
  void SetUp() override {
    Serve::SetUp();
    std::filesystem::create_directory(space());
    if (mount("melisai", space().c_str(), "tmpfs", 0, "size=8m,mode=0700") != 0)
      GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
    mounted_ = true;
  }
  void TearDown() override {
    Serve::TearDown();
    if (mounted_) umount2(space().c_str(), MNT_DETACH);
  }

 private:
  bool mounted_ = false;
};

TEST_F(ServeInAFullWorkspace, WhatFailsForItIsNotTheProjectsFault) {
  configure("demo.git", "  workspace: " + space() + "\n  failure_handling: { max_retries: 0 }\n");
  write_pipelines(
      "build: { trigger: on_commit, run: head -c 16M /dev/zero > object }\n"
      "red: { trigger: manual, run: test -d nowhere }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("build#1"), "error");
  EXPECT_THAT(run_of("build#1")["reason"].get<std::string>(), HasSubstr("has no room"));
  ASSERT_EQ(gate({"trigger", "red"}).code, 0);
  EXPECT_EQ(outcome_of("red#1"), "failed") << "there is room again";
}

class ServeWhenTheClockJumps : public ServeFaults {
 protected:
  static std::string library() {
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib"))
      if (const auto path = entry.path() / "faketime/libfaketime.so.1"; exists(path)) return path;
    return "";
  }
  std::string offset_file() const { return root() + "/offset"; }
  /// Of the daemon's clock and that of its children, in seconds.
  void set_clock(const std::string& offset) {
    std::ofstream(offset_file() + ".new") << offset << "\n";
    std::filesystem::rename(offset_file() + ".new", offset_file());
  }
  int passed_ticks() {
    return std::stoi(
        query("SELECT count(*) FROM runs WHERE pipeline = 'tick' AND outcome = 'passed'").front());
  }
};

TEST_F(ServeWhenTheClockJumps, RunsAndSchedulesGoOn) {
  if (library().empty()) GTEST_SKIP() << "libfaketime is not installed (package libfaketime)";
  release();
  write_pipelines(
      "build: { trigger: on_commit, run: \"echo built\" }\n"
      "tick: { trigger: cron, schedule: \"* * * * * *\", run: \"echo tick\" }\n");
  push();
  set_clock("+0");
  // As when somebody sets the clock: the steady one does not see it.
  start({"LD_PRELOAD=" + library(), "FAKETIME_TIMESTAMP_FILE=" + offset_file(),
         "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
         "FAKETIME_DONT_RESET=1"});
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(outcome_of("tick#1"), "passed");
  int build = 1;
  for (const char* offset : {"+3600", "-3600", "+86400", "+0"}) {
    SCOPED_TRACE(offset);
    const int ticks = passed_ticks();
    set_clock(offset);
    push();
    EXPECT_EQ(outcome_of("build#" + std::to_string(++build)), "passed");
    // Two may have waited, or run, since before.
    EXPECT_TRUE(eventually([&] { return passed_ticks() >= ticks + 3; }, std::chrono::seconds(60)))
        << "the schedule is silent";
  }
  EXPECT_THAT(query("SELECT outcome FROM runs WHERE state = 'finished'"),
              Each(::testing::AnyOf("passed", "superseded")));
  // Nothing was caught up a thousand times for the hours that the clock has skipped.
  EXPECT_LT(std::stoi(query("SELECT count(*) FROM runs WHERE pipeline = 'tick'").front()), 200);
  EXPECT_EQ(stop(), 0);
}

}  // namespace
}  // namespace melisai::e2e
