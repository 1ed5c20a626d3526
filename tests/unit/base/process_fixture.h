// Shared by the tests of ProcessRunner and call_helper: a temporary directory, a runner, and ways
// to see what is left.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/process.h"

namespace melisai::process_test {

using std::chrono::steady_clock;

inline const std::string kExecPath = std::string(MELISAI_BIN_DIR) + "/melisai-gate-exec";

inline std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // unlike an iterator this does not throw when a process goes meanwhile
  return text.str();
}

/// Waits for a condition. False after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Ended: no such process, or a zombie that the system's init has not reaped yet.
inline bool gone(pid_t pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t after_name = stat.rfind(") ");
  return after_name == std::string::npos || stat[after_name + 2] == 'Z' ||
         stat[after_name + 2] == 'X';
}

/// The process ids that a workload wrote into a file, one a line.
inline std::vector<pid_t> pids_in(const std::string& path) {
  std::ifstream file(path);
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

class ProcessFixture : public ::testing::Test {
 protected:
  ProcessFixture() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "melisai-process-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
  }

  // Whatever happened, no child of ours is left, running or zombie.
  ~ProcessFixture() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string output() const { return read_all(path("out")); }

  Command command(std::vector<std::string> argv) const {
    Command result;
    result.argv = std::move(argv);
    result.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
    result.cwd = directory_;
    result.stdout_file = path("out");
    result.stderr_file = path("err");
    result.timeout = Milliseconds(60'000);
    result.grace = Milliseconds(100);
    return result;
  }
  Command shell(const std::string& script) const { return command({"sh", "-c", script}); }

  Result<Exit> run(const Command& command) {
    return make_process_runner(kExecPath, interrupt_)->run(command);
  }
  Exit run_ok(const Command& command) {
    Result<Exit> result = run(command);
    if (!result) {
      ADD_FAILURE() << result.error().message;
      return Exit{.code = -1};
    }
    return *result;
  }

  /// Runs `action` beside the test when `file` is there.
  template <class Action>
  std::jthread when_written(const std::string& file, Action action) {
    return std::jthread([file, action] {
      EXPECT_TRUE(eventually([&] { return !read_all(file).empty(); }));
      action();
    });
  }

  std::string directory_;
  SignalInterrupt interrupt_;
};

}  // namespace melisai::process_test
