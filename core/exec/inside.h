// The half of melisai-gate-exec that runs in a sandbox. The one outside starts bubblewrap, which
// starts us again: so that the workload is a child of something tiny there too, and what bubblewrap
// costs is nobody's. Limits, deadline, output and the end of everything stay with the one outside;
// this one only starts, waits and counts. What it says may be forged by the workload and is
// checked.
#pragma once

#include "core/exec/options.h"
#include "core/exec/usage.h"

namespace melisai::exec {

// Above all descriptors of our own, below every usual limit. Bubblewrap passes them on.
constexpr int kInsideReportFd = 100;
constexpr int kInsideEnvironmentFd = 101;

// How the workload ended, as it is sent.
struct InsideOutcome {
  std::uint64_t magic = kMagic;
  char failed_stage[16] = "";  // set: it did not run, or could not be killed
  int error = 0;               // errno of the failed stage
  int status = 0;              // of waitpid(2)
  int stray_processes = 0;
  Usage usage;  // without tasks

  static constexpr std::uint64_t kMagic = 0x6d67'696e'7369'6465;
};

/// Reads the environment of the workload from its descriptor, runs it, and sends the outcome.
int run_inside(const Options& options);

/// What the one outside has of it.
class Inside {
 public:
  /// Makes the pipe, and the copy of `environment` that bubblewrap itself must not see: variables
  /// like LD_PRELOAD would act before there is a sandbox. Returns 0 or an errno.
  int open(char* const* environment);
  int report_end() const { return report_write_; }  // for the workload
  int environment_end() const { return environment_; }
  void close_ends();
  enum class Said { nothing, began, all };
  /// After the last process. `wall_time_max_ns`: what bubblewrap took; it cannot have been more.
  Said read_outcome(std::int64_t wall_time_max_ns, InsideOutcome& outcome);

 private:
  int report_read_ = -1;
  int report_write_ = -1;
  int environment_ = -1;
};

}  // namespace melisai::exec
