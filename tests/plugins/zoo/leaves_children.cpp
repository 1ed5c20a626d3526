// Starts processes that want to outlive it: one in its group, one in a session of its own.
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/plugins/zoo/zoo.h"

namespace {

// Named after us, so that a test finds its own.
void leave_child(bool own_session) {
  const std::string name = "zoo-" + std::to_string(getpid());
  if (fork() != 0) return;
  if (own_session) {
    setsid();
    if (fork() != 0) _exit(0);
  }
  prctl(PR_SET_NAME, name.c_str());
  sleep(60);
  _exit(0);
}

struct LeavesChildren : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.leaves_children"};
  void start(const melisai::Target&) {
    leave_child(false);
    leave_child(true);
  }
};

}  // namespace

MELISAI_COLLECTOR(LeavesChildren)
