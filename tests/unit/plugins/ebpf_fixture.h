// Runs ebpf_load under the programs of the collector ebpf, as melisai-gate does: the root exists
// before the window and executes its program after it has opened. Skips, and says why, where the
// kernel does not take the programs.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/ebpf/support.h"
#include "plugins/ebpf/window.h"

namespace melisai::plugins::ebpf {

inline const Support& kernel_support() {
  static const Support kSupport = probe_kernel();
  return kSupport;
}

// A macro, because skipping returns from the function that it stands in.
#define MELISAI_NEED(wanted)                                                                \
  if (const std::string& reason = kernel_support().reasons[index(wanted)]; !reason.empty()) \
  GTEST_SKIP() << "ebpf: " << reason

/// A child that executes ebpf_load once it is released.
class HeldLoad {
 public:
  explicit HeldLoad(const std::vector<std::string>& arguments) {
    EXPECT_EQ(pipe2(gate_, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(alive_, O_CLOEXEC), 0);
    std::vector<std::string> words = {MELISAI_EBPF_LOAD};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      char byte = 0;
      dup(alive_[1]);  // whoever descends from it holds this one
      if (read(gate_[0], &byte, 1) == 1) execv(MELISAI_EBPF_LOAD, argv.data());
      _exit(127);
    }
    close(gate_[0]);
    close(alive_[1]);
  }
  ~HeldLoad() {
    if (!ended_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(gate_[1]);
    close(alive_[0]);
  }
  HeldLoad(const HeldLoad&) = delete;
  HeldLoad& operator=(const HeldLoad&) = delete;

  pid_t pid() const { return pid_; }
  void release() { EXPECT_EQ(write(gate_[1], "x", 1), 1); }
  /// Until all of the tree has ended; the root stays a zombie. Calls `meanwhile` now and then.
  void await(const std::function<void()>& meanwhile) {
    pollfd end{.fd = alive_[0], .events = POLLIN, .revents = 0};
    for (int i = 0; i < 1200 && poll(&end, 1, 50) == 0; ++i) meanwhile();
    EXPECT_NE(end.revents, 0) << "still running after a minute";
    siginfo_t how{};
    EXPECT_EQ(waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(how.si_code, CLD_EXITED);
    EXPECT_EQ(how.si_status, 0);
  }
  rusage reap() {
    rusage used{};
    wait4(pid_, nullptr, 0, &used);
    ended_ = true;
    return used;
  }

 private:
  int gate_[2] = {-1, -1};
  int alive_[2] = {-1, -1};
  pid_t pid_ = -1;
  bool ended_ = false;
};

struct Seen {
  std::map<std::string, double> metrics;
  std::map<std::string, nlohmann::json> results;
  rusage used{};       // as the kernel counts, from before the program was executed
  double seconds = 0;  // from the release to the end of the tree

  nlohmann::json operator()(const std::string& part, const std::string& key) const {
    const auto result = results.find(part);
    if (result == results.end() || !result->second["data"].contains(key)) return nullptr;
    return result->second["data"][key];
  }
};

class EbpfFixture : public ::testing::Test {
 protected:
  static Seen end_anyhow(Window& window) {
    Seen seen;
    EXPECT_TRUE(window.end(
        [&](std::string_view name, double value) { seen.metrics[std::string(name)] = value; },
        [&](std::string_view part, const std::string& text) {
          seen.results[std::string(part)] = nlohmann::json::parse(text);
        }));
    return seen;
  }
  static void expect_no_errors(const Seen& seen) {
    for (const auto& [part, result] : seen.results)
      EXPECT_THAT(result.value("errors", nlohmann::json::array()), ::testing::IsEmpty()) << part;
  }
  static Seen end(Window& window) {
    Seen seen = end_anyhow(window);
    expect_no_errors(seen);
    return seen;
  }

  static Seen observe(ToolSet tools, const std::vector<std::string>& arguments,
                      Options options = {}) {
    Seen seen = observe_anyhow(tools, arguments, std::move(options));
    expect_no_errors(seen);
    return seen;
  }
  /// With the errors that the tools tell.
  static Seen observe_anyhow(ToolSet tools, const std::vector<std::string>& arguments,
                             Options options = {}) {
    HeldLoad load(arguments);
    Window window({.wanted = tools, .root_pid = load.pid(), .options = std::move(options)},
                  kernel_support());
    const auto released = std::chrono::steady_clock::now();
    load.release();
    load.await([&] { window.sample(); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - released;
    Seen seen = end_anyhow(window);
    seen.seconds = took.count();
    seen.used = load.reap();
    return seen;
  }
};

}  // namespace melisai::plugins::ebpf
