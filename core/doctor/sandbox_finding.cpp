// What a sandbox can do here: only trying tells.
#include <filesystem>

#include "core/base/files.h"
#include "core/doctor/distribution.h"
#include "core/doctor/findings.h"
#include "core/sandbox/sandbox.h"

namespace melisai::doctor {

SandboxFacts try_sandbox(const std::string& exec, const std::string& search_path,
                         ProcessRunner& processes) {
  std::error_code error;
  const std::string parent = std::filesystem::temp_directory_path(error).string();
  const Result<TemporaryDirectory> workspace =
      TemporaryDirectory::make(error ? "/tmp" : parent, "melisai-gate-doctor");
  if (!workspace) return {.installed = true, .problem = workspace.error().message};
  const auto made = sandbox::make_sandbox({.workspace = workspace->path()},
                                          {.search_path = search_path, .exec = exec},
                                          workspace->path() + "/scratch", processes);
  if (made) return {.installed = true, .problem = ""};
  return {.installed = made.error().code != Errc::not_found, .problem = made.error().message};
}

Finding sandbox_finding(const Facts& facts) {
  const SandboxFacts& sandbox = *facts.sandbox;
  Finding finding{.id = "sandbox",
                  .found = "bubblewrap works",
                  .why =
                      "Code that nobody has vouched for runs apart from this machine's files, "
                      "network and processes."};
  if (sandbox.problem.empty()) return finding;
  finding.state = State::note;
  finding.found = sandbox.problem;
  finding.why =
      "Without a sandbox `melisai-gate serve` runs no code that nobody has vouched for; all else "
      "works.";
  if (sandbox.installed) {
    finding.action =
        "Let this user make user namespaces: sysctl user.max_user_namespaces, "
        "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; in a "
        "container its seccomp profile.";
    return finding;
  }
  finding.action = "Install bubblewrap.";
  const std::string command = install_command(facts.distribution, Package::bubblewrap);
  if (!command.empty()) finding.commands = {command};
  return finding;
}

}  // namespace melisai::doctor
