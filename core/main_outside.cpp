#include "core/main_outside.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/base/log.h"
#include "core/base/spare_helper.h"

namespace melisai {
namespace {

/// Of all users of this machine, unless MELISAI_MACHINE_LOCK names another.
constexpr const char* kMachineLock = "/run/lock/melisai-gate.lock";

/// Absolute path of our own directory's sibling: the gate is PREFIX/bin, plugins are
/// PREFIX/lib/melisai-gate/plugins.
std::string plugin_directory(const std::string& helper) {
  const std::size_t bin = helper.find("/libexec/") != std::string::npos
                              ? helper.find("/libexec/")
                              : helper.rfind('/', helper.rfind('/') - 1);
  return helper.substr(0, bin) + "/lib/melisai-gate/plugins";
}

/// Its libraries are loaded by who sends mail only, and so is the helper looked for.
Result<void> send_mail(const std::string& request, Milliseconds timeout,
                       const Interrupt& interrupt) {
  constexpr Milliseconds kStartAndEnd{5'000};  // beside the conversation, which it ends itself
  MELISAI_TRY(const std::string helper, find_helper("melisai-gate-mail"));
  MELISAI_CHECK(call_helper({.program = helper,
                             .args = {},
                             .env = {},
                             .input = request,
                             .timeout = timeout + kStartAndEnd},
                            interrupt));
  return {};
}

Result<std::unique_ptr<HttpClient>> open_web() {
  MELISAI_TRY(std::string helper, find_helper("melisai-gate-https"));
  return make_http_client(std::move(helper));
}

/// Our own program, to be started again.
std::string program_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

report::TerminalStyle style_of(int fd) {
  const bool no_color = !environment_variable("NO_COLOR").value_or("").empty();
  return {.color =
              isatty(fd) == 1 && !no_color && environment_variable("TERM").value_or("") != "dumb"};
}

Result<std::unique_ptr<Outside>> Outside::make(bool quiet) {
  auto outside = std::make_unique<Outside>();
  MELISAI_TRY(outside->exec_, find_helper("melisai-gate-exec"));
  MELISAI_TRY(outside->git_.path, find_helper("melisai-gate-git"));
  MELISAI_TRY(outside->plugins_.worker, find_helper("melisai-gate-worker"));
  outside->plugins_.directories = {plugin_directory(outside->plugins_.worker)};
  outside->processes_ = make_process_runner(outside->exec_, outside->interrupt_);
  if (!quiet)
    outside->progress_ = report::make_terminal_progress(stderr, isatty(STDERR_FILENO) == 1,
                                                        style_of(STDERR_FILENO), outside->clock_);
  return outside;
}

World Outside::world() {
  return {.clock = clock_,
          .processes = *processes_,
          .progress = progress_ ? *progress_ : silent_,
          .env = environment_variable,
          .open_repo =
              [this](const std::string& directory, const GitOptions& options) {
                return make_git_repo(git_, directory, options, interrupt_);
              },
          .interrupted = [this] { return interrupt_.requested(); },
          .plugins = plugins_,
          .machine_lock = environment_variable("MELISAI_MACHINE_LOCK").value_or(kMachineLock)};
}

void Outside::expect_git() {
  git_.spare = make_spare_git(git_.path, false);
  git_.spare->prepare();
}

serve::ServeWorld Outside::serve_world() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.emplace_back(*variable);
  return {.clock = clock_,
          .interrupt = interrupt_,
          .env = environment_variable,
          .environment = std::move(environment),
          .program = program_path(),
          .make_runner =
              [this](const Interrupt& interrupt) { return make_process_runner(exec_, interrupt); },
          .keeps_ready = true,
          .open_remote =
              [program = GitProgram{git_.path, make_spare_git(git_.path, true)}](
                  const GitOptions& options, const Interrupt& interrupt) {
                return make_remote_repo(program, options, interrupt);
              },
          .open_repo =
              [this](const std::string& directory, const GitOptions& options,
                     const Interrupt& interrupt) {
                return make_git_repo(git_, directory, options, interrupt);
              },
          .send_mail = send_mail,
          .open_web = open_web};
}

publish::Command Outside::publishing() {
  return {.env = environment_variable,
          .open_web = open_web,
          .clock = clock_,
          .interrupt = interrupt_,
          .print = {},
          .complain = {}};
}

}  // namespace melisai
