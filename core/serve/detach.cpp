#include "core/serve/detach.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/units.h"
#include "core/serve/control.h"

namespace melisai::serve {
namespace {

constexpr Milliseconds kStartMax{70'000};  // the supervisor gives up first, and says why
constexpr Milliseconds kPause{20};
constexpr Milliseconds kAskTimeout{5'000};

void redirect_to_null(std::initializer_list<int> descriptors) {
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null.get() < 0) return;
  for (const int descriptor : descriptors) dup2(null.get(), descriptor);
}

/// Another daemon may answer at the same place until the child has found that out, and the child
/// itself answers before all of it has started.
bool serves(const std::string& status, pid_t child) {
  const auto json = nlohmann::json::parse(status, nullptr, false);
  if (!json.is_object() || !json.contains("pid") || json["pid"] != child) return false;
  return json.contains("status") && json["status"] != "starting" && json["status"] != "stopping";
}

Result<int> wait_until_it_serves(pid_t child, const std::string& state_dir) {
  const SystemClock clock;
  const auto deadline = clock.monotonic() + kStartMax;
  while (clock.monotonic() < deadline) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
    const Result<std::string> answer =
        ask_daemon(state_dir, R"({"command":"status"})", kAskTimeout);
    if (answer && serves(*answer, child)) return 0;
    const timespec pause{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kPause).count()};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  return Error{Errc::timeout, "the daemon (pid " + std::to_string(child) +
                                  ") did not get ready within " + format_duration(kStartMax) +
                                  "; its log says more"};
}

}  // namespace

Result<int> detach(const std::string& state_dir, const std::function<int()>& body) {
  const pid_t child = fork();
  if (child < 0) return error_from_errno(errno, "cannot start a process for the daemon");
  if (child > 0) return wait_until_it_serves(child, state_dir);
  setsid();
  redirect_to_null({STDIN_FILENO, STDOUT_FILENO});
  _exit(body());
}

void let_go_of_terminal() { redirect_to_null({STDERR_FILENO}); }

}  // namespace melisai::serve
