#include "core/host/window.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "core/base/files.h"

namespace melisai::host {
namespace {

using std::chrono::nanoseconds;

constexpr Milliseconds kSlice{50};  // between two looks at signals
constexpr Bytes kShownMax = 64 << 20;

double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::vector<std::string> environment() {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  return all;
}

void show_output(const std::string& file) {
  const Result<std::string> text = read_file(file, kShownMax + (1 << 20));
  if (text) std::fwrite(text->data(), 1, text->size(), stderr);
}

/// Passes the window on and takes its time.
class TimedObserver final : public RunObserver {
 public:
  TimedObserver(collect::Collectors& collectors, const Clock& clock)
      : collectors_(collectors), clock_(clock) {}
  void before_exec(const ProcessTree& tree) override {
    collectors_.before_exec(tree);
    begun_ = clock_.monotonic();
  }
  void after_last(const ProcessTree& tree) override {
    took_ = clock_.monotonic() - begun_;
    collectors_.after_last(tree);
  }
  double window_seconds() const { return seconds(took_); }

 private:
  collect::Collectors& collectors_;
  const Clock& clock_;
  nanoseconds begun_{0}, took_{0};
};

Result<std::string> directory_for_temporary_files() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  if (!error) return directory.native();
  return Error{Errc::not_found,
               "there is no directory for temporary files (" + error.message() +
                   "); let the environment variable TMPDIR name one, or unset it for /tmp"};
}

Result<std::string> working_directory() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::current_path(error);
  if (!error) return directory.native();
  return Error{Errc::not_found, "the working directory is gone (" + error.message() +
                                    "); change to one that is not"};
}

/// At least something: a limit of 0 would be none.
Milliseconds time_for_command(const CollectRequest& request, nanoseconds left) {
  const Milliseconds until_deadline = std::chrono::floor<Milliseconds>(left);
  return std::max(std::min(until_deadline, request.command_max.value_or(until_deadline)),
                  Milliseconds(1));
}

Result<Window> observe_command(const CollectRequest& request, collect::Collectors& collectors,
                               nanoseconds deadline, World& world) {
  MELISAI_TRY(const std::string root, directory_for_temporary_files());
  MELISAI_TRY(const TemporaryDirectory scratch, TemporaryDirectory::make(root, "melisai-collect."));
  const Milliseconds limit = time_for_command(request, deadline - world.clock.monotonic());
  MELISAI_TRY(const std::string directory, working_directory());
  const std::string output = scratch.path() + "/output";
  const Command command{.argv = request.command,
                        .env = environment(),
                        .cwd = directory,
                        .stdout_file = output,
                        .stderr_file = output,
                        .output_max = kShownMax,
                        .timeout = limit,
                        .cpus = {}};
  TimedObserver observer(collectors, world.clock);
  Result<Exit> exit = world.processes.run_observed(command, observer);
  show_output(output);
  // Not found is what a file of ours would be: the command line is right, this machine is not.
  if (!exit) return Error{Errc::process, exit.error().message};
  return Window{.categories = collectors.take_host_results(),
                .seconds = observer.window_seconds(),
                .interrupted = exit->end == Exit::End::interrupted,
                .exit = *exit,
                .end = describe(*exit, limit),
                .process = {}};
}

ProcessFacts facts_of_first(const CollectRequest& request) {
  return request.pids.empty() ? ProcessFacts{} : facts_of(request, request.pids.front());
}

/// Nothing unless both are known: a process that ended took its counters with it.
std::optional<std::int64_t> growth(const std::optional<std::int64_t>& before,
                                   const std::optional<std::int64_t>& after) {
  if (!before || !after) return std::nullopt;
  return std::max<std::int64_t>(*after - *before, 0);
}

Window observe_host(const CollectRequest& request, collect::Collectors& collectors,
                    nanoseconds deadline, World& world) {
  const ProcessFacts before = facts_of_first(request);
  collectors.open_host();
  const nanoseconds begun = world.clock.monotonic();
  const nanoseconds end = std::min(begun + request.profile.duration, deadline);
  while (world.clock.monotonic() < end && !world.interrupted())
    std::this_thread::sleep_for(
        std::clamp<nanoseconds>(end - world.clock.monotonic(), nanoseconds(0), kSlice));
  const nanoseconds took = world.clock.monotonic() - begun;
  const ProcessFacts after = facts_of_first(request);
  const bool has_ended = !request.pids.empty() && !is_process(request, request.pids.front());
  collectors.close_host();
  return {.categories = collectors.take_host_results(),
          .seconds = seconds(took),
          .interrupted = world.interrupted(),
          .exit = std::nullopt,
          .end = has_ended ? "ended before the window did" : "",
          .process = {.name = before.name,
                      .read_bytes = growth(before.read_bytes, after.read_bytes),
                      .write_bytes = growth(before.write_bytes, after.write_bytes)}};
}

}  // namespace

Result<Window> observe(const CollectRequest& request, collect::Collectors& collectors,
                       nanoseconds deadline, World& world) {
  if (request.command.empty()) return observe_host(request, collectors, deadline, world);
  return observe_command(request, collectors, deadline, world);
}

}  // namespace melisai::host
