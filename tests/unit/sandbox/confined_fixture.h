// A workspace with one checkout, beside things that are nobody's business, and commands in the real
// sandbox. Skips where there is none.
#pragma once

#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "core/sandbox/sandbox.h"
#include "tests/unit/base/process_fixture.h"

namespace melisai::sandbox {

class Confined : public process_test::ProcessFixture {
 protected:
  void SetUp() override {
    const char* search = std::getenv("PATH");
    policy_ = {.hidden = {path("state")}, .workspace = path("state/workspace")};
    for (const char* each : {"state/workspace/scratch", "state/workspace/tree"})
      std::filesystem::create_directories(path(each));
    processes_ = make_process_runner(process_test::kExecPath, interrupt_);
    Result<Sandbox> made =
        make_sandbox(policy_, {.search_path = search, .exec = process_test::kExecPath},
                     path("state/workspace/scratch"), *processes_);
    if (!made && made.error().code == Errc::not_found) GTEST_SKIP() << made.error().message;
    ASSERT_TRUE(made) << made.error().message;
    runner_ = make_runner(*std::move(made), path("state/workspace/scratch"), *processes_);
  }

  std::string tree() const { return path("state/workspace/tree"); }

  Command inside(const std::string& script) const {
    Command command = shell(script);
    command.cwd = tree();
    command.stderr_file = command.stdout_file;
    return command;
  }
  /// What the script printed.
  std::string said(const std::string& script) {
    const Result<Exit> exit = runner_->run(inside(script));
    EXPECT_TRUE(exit) << exit.error().message;
    return output();
  }
  Exit ends(const Command& command) {
    const Result<Exit> exit = runner_->run(command);
    EXPECT_TRUE(exit) << exit.error().message;
    return exit ? *exit : Exit{.code = -1};
  }

  Policy policy_;
  std::unique_ptr<ProcessRunner> processes_;
  std::unique_ptr<ProcessRunner> runner_;
};

}  // namespace melisai::sandbox
