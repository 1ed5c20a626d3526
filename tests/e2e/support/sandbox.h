// Sandbox: a git repository in a temporary directory and the real melisai-gate on it. The
// vocabulary of the end-to-end tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"

namespace melisai::e2e {

using Words = std::vector<std::string>;

/// How a program ended and what it said.
struct Ran {
  int code = -1;  ///< exit status, 128 + signal when killed
  std::string out;
  std::string err;
};

/// Runs a program to its end in `cwd`; fails the test after two minutes. `started` is called with
/// its pid.
Ran run_program(const Words& argv, const std::string& cwd,
                const std::function<void(pid_t)>& started = {});

/// Starts a program in `cwd`; what it says goes to the two files. The caller waits for its end.
struct Outputs {
  std::string out;
  std::string err;
};
pid_t start_program(const Words& argv, const std::string& cwd, const Outputs& files);

/// Waits until `condition` holds, at most that long.
bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds limit = std::chrono::seconds(10));

/// Pids of processes that have `text` in their command line.
std::vector<pid_t> processes_with(const std::string& text);

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override;

  std::string repo() const { return root() + "/repo"; }
  std::string root() const { return root_->path(); }
  std::string output() const { return root() + "/out"; }
  std::string state() const { return root() + "/state"; }
  std::string machine_lock() const { return root() + "/machine.lock"; }

  /// Writes a file of the repository; names ending in .sh become executable.
  void write(const std::string& path, const std::string& content);
  /// Commits everything; returns the sha.
  std::string commit(const std::string& message = "change");
  Ran git(Words words, const std::string& cwd = "");

  /// .melisai-gate.yaml with one command benchmark named `cli`, and a build when given.
  void write_pipeline(const std::string& run, const std::string& extra = "",
                      const std::string& build = "");
  /// .melisai-gate.yaml with a Google Benchmark process that prints seeded numbers from numbers.txt
  /// (write_numbers). With a policy nobody looks for causes, which would take seconds.
  void write_seeded_pipeline(const std::string& gate = "");
  /// Lines "BM_name mean sigma"; the mean in ns.
  void write_numbers(const std::string& lines) { write("numbers.txt", lines); }

  /// melisai-gate check --profile none --explain off --exact off -C repo --output-dir out
  /// --state-dir state
  /// --seed 1 ...
  Ran check(Words options = {}, const std::function<void(pid_t)>& started = {});
  Ran ab(Words options, Words base, Words head);
  /// Any other command, with --state-dir state at its end and the repository as working directory.
  Ran gate(Words words);
  /// The standard output of a command that must succeed, as JSON.
  nlohmann::json answer_of(Words words);

  /// report.json of the last check; null when there is none.
  nlohmann::json report() const;
  /// The entry of report.json's benchmarks, or null.
  nlohmann::json benchmark(const std::string& name, const std::string& metric) const;
  /// What STATE_DIR and the process table must look like after any check.
  void expect_nothing_left() const;

  std::optional<TemporaryDirectory> root_;
};

}  // namespace melisai::e2e
