// Where the commands of an attempt run when nobody trusts its code. Private to `work`.
#pragma once

#include <memory>
#include <optional>

#include "core/run/run.h"
#include "core/serve/serve.h"
#include "core/serve/work_description.h"

namespace melisai::serve {

/// Runs everything in a sandbox, as long as it lives.
class Confined {
 public:
  /// `world.processes` outlives it. Errors: unavailable, when there is no sandbox here; others as
  /// of the disk.
  static Result<Confined> make(const WorkRequest& request, const UntrustedOptions& options,
                               World& world);
  ProcessRunner& processes() { return *runner_; }

 private:
  Confined(run::WorkDirectory scratch, std::unique_ptr<ProcessRunner> runner)
      : scratch_(std::move(scratch)), runner_(std::move(runner)) {}
  run::WorkDirectory scratch_;
  std::unique_ptr<ProcessRunner> runner_;
};

/// Whether the run has to be confined.
bool needs_sandbox(const Task& task, const UntrustedOptions& options);

}  // namespace melisai::serve
