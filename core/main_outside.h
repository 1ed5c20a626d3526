// The outside world of melisai-gate: its clock, signals, helper programs and terminal, built here
// and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/publish/trusted.h"
#include "core/report/report.h"
#include "core/serve/serve.h"
#include "core/world.h"

namespace melisai {

std::optional<std::string> environment_variable(const std::string& name);

/// Of a terminal, or of what is none.
report::TerminalStyle style_of(int fd);

class Outside {
 public:
  /// Errors: not_found, for a helper program.
  static Result<std::unique_ptr<Outside>> make(bool quiet);

  World world();
  /// Starts melisai-gate-git before it is needed.
  void expect_git();

  /// Each piece of work of the daemon has an interrupt of its own.
  serve::ServeWorld serve_world();

  /// Of `publish`; what is printed goes nowhere yet.
  publish::Command publishing();

 private:
  SignalInterrupt interrupt_;
  SystemClock clock_;
  SilentProgress silent_;
  std::string exec_;
  GitProgram git_;
  collect::PluginPlaces plugins_;
  std::unique_ptr<ProcessRunner> processes_;
  std::unique_ptr<ProgressSink> progress_;
};

}  // namespace melisai
