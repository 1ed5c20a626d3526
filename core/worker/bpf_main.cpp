// melisai-gate-worker-bpf: the worker of the installed collector ebpf, for who has no capabilities
// to hand on. It gets CAP_BPF and CAP_PERFMON from its own file (setcap), so whoever may start it
// has them through it: what it loads is compiled in. See README.md.
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/worker/channel.h"
#include "core/worker/descriptor.h"
#include "core/worker/file_checks.h"
#include "core/worker/installed_file.h"
#include "core/worker/limits.h"
#include "core/worker/loader.h"
#include "core/worker/options.h"
#include "core/worker/privileges.h"
#include "core/worker/session.h"
#include "core/worker/supervisor.h"

namespace {

using namespace melisai::worker;
using melisai::keep_capabilities;
using melisai::Result;

const std::string kFile = MELISAI_INSTALLED_EBPF;

// Before anything of the caller's is looked at. Not dumpable: nobody of our user traces us, reads
// our memory or finds our descriptors.
Result<void> keep_two_capabilities() {
  clearenv();
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return melisai::error_from_errno(errno, "cannot give up what is not needed");
  return keep_capabilities(bpf_capabilities());
}

// Through its descriptor: what was checked is what is loaded.
Result<Descriptor> load() {
  MELISAI_TRY(const melisai::Fd file, open_installed(kFile));
  MELISAI_CHECK(check_library_content(file.get(), kFile));
  MELISAI_TRY(const melisai_collector* const found,
              load_collector("/proc/self/fd/" + std::to_string(file.get()), kFile));
  return adopt(*found);
}

Result<void> work(const Options& options) {
  MELISAI_CHECK(split_off_supervisor());
  MELISAI_CHECK(apply_limits(options.memory_max));
  const OwnMemory own;
  MELISAI_TRY(Channel channel, Channel::take_over());
  Session session(channel, load(), options.log_max);
  return session.run();
}

int complain(const melisai::Error& error, int code) {
  std::fprintf(stderr, "melisai-gate-worker-bpf: %s\n", error.message.c_str());
  return code;
}

int run(int argc, char** argv) {
  if (const auto kept = keep_two_capabilities(); !kept) return complain(kept.error(), 1);
  const auto options = parse_fixed_options(argc, argv);
  if (!options) return complain(options.error(), 2);
  const auto worked = work(*options);
  return worked ? 0 : complain(worked.error(), 1);
}

}  // namespace

// _exit: nothing of the plugin runs after its destroy().
int main(int argc, char** argv) { _exit(run(argc, argv)); }
