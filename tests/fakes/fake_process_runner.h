// A ProcessRunner for tests: answers from a function of the test and remembers what was asked.
#pragma once

#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/process.h"

namespace melisai {

class FakeProcessRunner final : public ProcessRunner {
 public:
  using Answer = std::function<Result<Exit>(const Command&)>;

  FakeProcessRunner() : FakeProcessRunner([](const Command&) { return Exit{}; }) {}
  explicit FakeProcessRunner(Answer answer) : answer_(std::move(answer)) {}

  Result<Exit> run(const Command& command) override {
    commands.push_back(command);
    return answer_(command);
  }

  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    observer.before_exec({.root_pid = kRootPid, .cgroup = ""});
    Result<Exit> exit = run(command);
    observer.after_last({.root_pid = kRootPid, .cgroup = ""});
    return exit;
  }

  static constexpr std::int64_t kRootPid = 4242;

  /// What a workload would have printed; for use inside an answer.
  static void print(const Command& command, const std::string& text) {
    std::ofstream(command.stdout_file, std::ios::binary) << text;
  }

  std::vector<Command> commands;  // in the order of the calls

 private:
  Answer answer_;
};

}  // namespace melisai
