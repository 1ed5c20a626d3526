// melisai-gate-worker: runs one collector plugin for melisai-gate. See README.md.
#include <unistd.h>

#include <cstdio>

#include "core/worker/channel.h"
#include "core/worker/declared.h"
#include "core/worker/descriptor.h"
#include "core/worker/file_checks.h"
#include "core/worker/limits.h"
#include "core/worker/loader.h"
#include "core/worker/options.h"
#include "core/worker/privileges.h"
#include "core/worker/program.h"
#include "core/worker/session.h"
#include "core/worker/supervisor.h"

namespace {

using namespace melisai::worker;
using melisai::keep_capabilities;
using melisai::Result;

Result<Descriptor> load(const std::string& file) {
  MELISAI_TRY(const std::string path, check_library(file));
  MELISAI_CHECK(keep_capabilities(declared_capabilities(path)));
  MELISAI_TRY(const melisai_collector* const found, load_collector(path));
  return adopt(*found);
}

// Why FILE cannot be used is an answer to the gate like any other; what is returned is a fault on
// our own side of the line.
Result<void> work(const Options& options) {
  MELISAI_CHECK(split_off_supervisor());
  MELISAI_CHECK(apply_limits(options.memory_max));
  Result<Descriptor> plugin = options.program ? become_program(options.file) : melisai::Error{};
  const OwnMemory own;
  MELISAI_TRY(Channel channel, Channel::take_over());
  if (!options.program) plugin = load(options.file);
  Session session(channel, std::move(plugin), options.log_max);
  return session.run();
}

int complain(const melisai::Error& error, int code) {
  std::fprintf(stderr, "melisai-gate-worker: %s\n", error.message.c_str());
  return code;
}

int run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return complain(options.error(), 2);
  const auto worked = work(*options);
  return worked ? 0 : complain(worked.error(), 1);
}

}  // namespace

// _exit: nothing of the plugin runs after its destroy().
int main(int argc, char** argv) { _exit(run(argc, argv)); }
