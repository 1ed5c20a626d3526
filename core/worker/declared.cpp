#include "core/worker/declared.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/worker/descriptor.h"
#include "core/worker/loader.h"

namespace melisai::worker {
namespace {

[[noreturn]] void tell(const std::string& path, int fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent || !keep_capabilities(0)) _exit(1);
  const Result<const melisai_collector*> found = load_collector(path);
  if (!found) _exit(1);
  const Result<Descriptor> plugin = adopt(**found);
  if (!plugin) _exit(1);
  const CapabilitySet declared = capability_set(plugin->hello.capabilities);
  _exit(write(fd, &declared, sizeof declared) == sizeof declared ? 0 : 1);
}

}  // namespace

// A library that hangs keeps us here until the gate's deadline, as it would when loaded by
// ourselves.
CapabilitySet declared_capabilities(const std::string& path) {
  if ((permitted_capabilities() & collector_capabilities()) == 0) return 0;
  Result<Pipe> pipe = Pipe::make();
  if (!pipe) return 0;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return 0;
  if (child == 0) tell(path, pipe->write_end.get(), parent);
  pipe->write_end.reset();
  CapabilitySet declared = 0;
  const ssize_t size = read(pipe->read_end.get(), &declared, sizeof declared);
  waitpid(child, nullptr, 0);
  return size == sizeof declared ? declared & collector_capabilities() : 0;
}

}  // namespace melisai::worker
