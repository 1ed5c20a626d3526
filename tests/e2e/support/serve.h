// `melisai-gate serve` with one project, demo: the repository of the Sandbox, pushed to a bare one.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

class Serve : public Sandbox {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string remote() const { return root() + "/demo.git"; }
  std::string config_file() const { return root() + "/serve.yaml"; }

  /// The daemon's configuration; `extra` is further keys of its section `orchestrator`, indented,
  /// and further sections.
  void configure(const std::string& repository, const std::string& extra = "");
  /// Writes .melisai-gate.yaml: one pipeline a line.
  void write_pipelines(const std::string& pipelines);
  /// Commits everything and pushes it; returns the sha.
  std::string push(const std::string& message = "change");

  /// Starts the daemon as our child, which may not answer yet; `env` is "NAME=value".
  void launch(const Words& env = {});
  /// The same, until it answers.
  void start(const Words& env = {});
  /// kill -9.
  void kill_daemon();
  /// `stop`, until it has ended; its exit status.
  int stop();
  pid_t daemon() const { return daemon_; }
  /// It has ended, and somebody else has seen that.
  void forget_daemon() { daemon_ = 0; }
  std::string daemon_log() const;

  /// Null when no daemon answers.
  nlohmann::json status();
  /// Of "build#1", as `runs --json` tells it; null when there is none.
  nlohmann::json run_of(const std::string& run);
  /// Waits until that run has ended; its outcome.
  std::string outcome_of(const std::string& run);
  /// Waits until it is "queued", "running", "blocked" or "finished".
  bool is_in_state(const std::string& run, const std::string& state);
  /// Everything that its stages wrote.
  std::string logs_of(const std::string& run);
  /// Whether code that nobody trusts can be run here.
  static bool has_bubblewrap() {
    return run_program({"sh", "-c", "bwrap --unshare-user --ro-bind / / true"}, "/").code == 0;
  }
  /// Rows of an SQL query about the queue, columns separated by '|'.
  std::vector<std::string> query(const std::string& sql);

 private:
  pid_t daemon_ = 0;
  int launches_ = 0;
};

}  // namespace melisai::e2e
