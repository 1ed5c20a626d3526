// What the tests of the store share: a state directory of their own, small runs, and code that runs
// in a child process (SQLite must not cross a fork: whatever the child opens, it opens itself).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/store/store.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::store {

inline std::chrono::system_clock::time_point at(std::int64_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}
constexpr std::int64_t kNow = 1795226400;  // 2026-11-21T02:00:00Z

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::string& path) {
  const auto text = read_file(path, 64 << 20);
  return text ? *text : "(" + text.error().message + ")";
}

/// Runs `body` in a child and returns its pid; the child ends with what `body` returns.
inline pid_t start_child(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  return pid;
}

/// Exit code, or -signal.
inline int wait_for(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct Values {
  double base = 0;
  double head = 0;
};

inline Pair measured(int index, const std::map<SeriesId, Values>& values) {
  Pair pair;
  pair.index = index;
  for (const auto& [id, value] : values) {
    const Metric metric{id.metric, "ns", Better::lower, Tier::time};
    pair.base.values[id] = {metric, value.base};
    pair.head.values[id] = {metric, value.head};
  }
  return pair;
}

class StoreTest : public ::testing::Test {
 protected:
  Result<Store> open_writer() {
    return Store::open_writer(state_dir, {.command = "melisai-gate check"}, at(kNow));
  }
  Store writer() {
    auto store = open_writer();
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }
  Store reader() {
    auto store = Store::open_reader(state_dir);
    EXPECT_TRUE(store) << store.error().message;
    EXPECT_TRUE(store->has_value());
    return std::move(**store);
  }

  RunStart start() const {
    return {.command = "check",
            .directory = "/repo",
            .output_dir = output_dir,
            .started_at = "2026-11-21T02:00:00Z",
            .tool_version = "0.2.0"};
  }

  RunId begin(Store& store) {
    const auto run = store.begin_run(start());
    EXPECT_TRUE(run) << run.error().message;
    return run ? *run : 0;
  }

  static RunContext green(const std::string& branch = "main") {
    return {.branch = branch, .configuration = "c0ffee", .trusted = true, .accepts = true};
  }

  /// A whole run: begun, one pair, finished.
  RunId finished(Store& store, const Report& report, const RunContext& context) {
    const RunId run = begin(store);
    const auto pair = store.add_pair(run, "parse", measured(1, {{{"parse", "wall_time"}, {1, 2}}}));
    EXPECT_TRUE(pair) << pair.error().message;
    const auto done = store.finish_run(run, report, context);
    EXPECT_TRUE(done) << done.error().message;
    return run;
  }

  static std::vector<StoredPair> pairs_of(const Store& store, RunId run) {
    std::vector<StoredPair> pairs;
    const auto done = store.for_each_pair(run, [&](const StoredPair& pair) -> Result<void> {
      pairs.push_back(pair);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return pairs;
  }

  TemporaryDirectory temporary = *TemporaryDirectory::make(::testing::TempDir(), "store");
  std::string state_dir = temporary.path() + "/state";
  std::string output_dir = temporary.path() + "/out";
  std::string database = state_dir + "/store.db";
};

}  // namespace melisai::store
