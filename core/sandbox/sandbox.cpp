#include "core/sandbox/sandbox.h"

#include <unistd.h>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/sandbox/arguments.h"

namespace melisai::sandbox {
namespace {

constexpr Milliseconds kTrialTime{20'000};
constexpr Bytes kTrialOutput = 4 << 10;

/// Never by a relative part of the path: such a one is in the checkout of a stranger.
Result<std::string> find_bubblewrap(std::string_view search_path) {
  while (!search_path.empty()) {
    const std::size_t end = std::min(search_path.find(':'), search_path.size());
    const std::string path = std::string(search_path.substr(0, end)) + "/bwrap";
    if (path.front() == '/' && access(path.c_str(), X_OK) == 0) return path;
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
  }
  return Error{Errc::not_found, "bubblewrap is not installed"};
}

/// "" when it works, else why not.
Result<std::string> try_once(Sandbox& sandbox, const std::string& scratch,
                             ProcessRunner& processes) {
  const std::string tree = scratch + "/trial";
  MELISAI_CHECK(make_directories(tree, {.private_mode = true}));
  const auto runner = make_runner(sandbox, scratch, processes);
  Command command;
  command.argv = {"sh", "-c", "test -w . && test ! -w /"};
  command.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  command.cwd = tree;
  command.stdout_file = command.stderr_file = scratch + "/trial.log";
  command.output_max = kTrialOutput;
  command.timeout = kTrialTime;
  const Result<Exit> exit = runner->run(command);
  if (exit) sandbox.trial = *exit;
  if (exit && exit->ok()) return std::string();
  if (!exit && exit.error().code == Errc::disk_full) return exit.error();
  if (exit && exit->end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted while the sandbox was tried"};
  std::string words = printable(file_tail(command.stderr_file, kTrialOutput));
  while (!words.empty() && (words.back() == '?' || words.back() == ' ')) words.pop_back();
  if (!words.empty()) return words;
  return exit ? describe(*exit, kTrialTime) : exit.error().message;
}

}  // namespace

Result<Sandbox> make_sandbox(Policy policy, const Programs& programs, const std::string& scratch,
                             ProcessRunner& processes) {
  MELISAI_TRY(const std::string bwrap, find_bubblewrap(programs.search_path));
  MELISAI_TRY(Layout layout, read_layout(""));
  std::vector<std::string> named = policy.hidden;
  named.insert(named.end(), policy.paths.begin(), policy.paths.end());
  for (const SystemPath& each : layout.system) named.push_back(each.path);
  layout.real = real_paths(named);
  std::string why;
  // Before 0.8 it does not know how to forbid namespaces inside, and is a sandbox all the same.
  for (const bool can_forbid : {true, false}) {
    Sandbox sandbox{
        .policy = policy,
        .arguments = common_arguments(
            {.bwrap = bwrap, .exec = programs.exec, .can_forbid_namespaces = can_forbid}, layout,
            policy, scratch + kPrivateTmp),
        .trial = {}};
    MELISAI_TRY(std::string problem, try_once(sandbox, scratch, processes));
    if (problem.empty()) return sandbox;
    why = std::move(problem);
  }
  return Error{Errc::unavailable, "bubblewrap (" + bwrap + ") does not work here: " + why};
}

}  // namespace melisai::sandbox
