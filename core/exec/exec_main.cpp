// melisai-gate-exec: runs one workload and says exactly what it cost. See README.md.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>

#include "core/exec/inside.h"
#include "core/exec/options.h"
#include "core/exec/report.h"
#include "core/exec/workload.h"

int main(int argc, char** argv) {
  using namespace melisai::exec;
  // A gate may have capabilities to hand on to its collectors. A workload is anybody's code.
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  static Options options;
  if (const char* problem = parse_options(argc, argv, options)) {
    std::fprintf(stderr, "melisai-gate-exec: %s\n", problem);
    return 2;
  }
  if (options.inside) return run_inside(options);
  // Away from 0, 1 and 2, which the workload gets.
  const int result_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (result_fd < 0) {
    std::fputs("melisai-gate-exec: standard output is closed\n", stderr);
    return 2;
  }
  int control_fd = -1;
  if (options.hold && (control_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) < 0) {
    std::fputs("melisai-gate-exec: standard input is closed\n", stderr);
    return 2;
  }
  static Workload workload(options, {.result_fd = result_fd, .control_fd = control_fd});
  report_outcome(result_fd, workload.run());
  return 0;
}
