// What a sandbox can do here: only trying tells.
#include <filesystem>

#include "core/base/files.h"
#include "core/doctor/distribution.h"
#include "core/doctor/findings.h"
#include "core/sandbox/sandbox.h"

namespace melisai::doctor {
namespace {

/// Any: it is asked only whether there is a way to hold them.
constexpr TreeLimits kTried{.memory_max = 1 << 30, .per_process = true, .processes_max = 1'000};

std::string_view way_of(Enforced limit) {
  switch (limit) {
    case Enforced::by_cgroup: return "by cgroup";
    case Enforced::by_namespace: return "by user namespace";
    case Enforced::per_process: return "of each process alone";
    case Enforced::not_asked:
    case Enforced::no: break;
  }
  return "none";
}

/// Of a sandbox that works. What holds only for single processes can be had many times.
void add_limits(const SandboxFacts& sandbox, std::int64_t uid, Finding& finding) {
  finding.found = "bubblewrap works; limits: memory " + std::string(way_of(sandbox.memory_limit)) +
                  ", processes " + std::string(way_of(sandbox.processes_limit));
  const bool holds_processes = sandbox.processes_limit == Enforced::by_cgroup ||
                               sandbox.processes_limit == Enforced::by_namespace;
  if (sandbox.memory_limit == Enforced::by_cgroup && holds_processes) return;
  finding.state = State::note;
  finding.why += " But not all of orchestrator.untrusted's limits hold.";
  finding.action =
      "Run the daemon where it can make cgroups: as a service with Delegate=yes "
      "(melisai-gate.service)";
  // RLIMIT_NPROC is not for root.
  finding.action += !holds_processes && uid == 0 ? ", or at least as another user than root." : ".";
}

}  // namespace

SandboxFacts try_sandbox(const std::string& exec, const std::string& search_path,
                         ProcessRunner& processes) {
  std::error_code error;
  const std::string parent = std::filesystem::temp_directory_path(error).string();
  const Result<TemporaryDirectory> workspace =
      TemporaryDirectory::make(error ? "/tmp" : parent, "melisai-gate-doctor");
  if (!workspace) return {.installed = true, .problem = workspace.error().message};
  const auto made = sandbox::make_sandbox({.workspace = workspace->path(), .limits = kTried},
                                          {.search_path = search_path, .exec = exec},
                                          workspace->path() + "/scratch", processes);
  if (made)
    return {.installed = true,
            .problem = "",
            .memory_limit = made->trial.memory_limit,
            .processes_limit = made->trial.processes_limit};
  return {.installed = made.error().code != Errc::not_found, .problem = made.error().message};
}

Finding sandbox_finding(const Facts& facts) {
  const SandboxFacts& sandbox = *facts.sandbox;
  Finding finding{.id = "sandbox",
                  .found = "bubblewrap works",
                  .why =
                      "Code that nobody has vouched for runs apart from this machine's files, "
                      "network and processes."};
  if (sandbox.problem.empty()) add_limits(sandbox, facts.uid, finding);
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
  if (!facts.serves) {
    finding.action = "Install bubblewrap where `melisai-gate serve` shall run such code.";
    return finding;
  }
  finding.action = "Install bubblewrap.";
  const std::string command = install_command(facts.distribution, Package::bubblewrap);
  if (!command.empty()) finding.commands = {command};
  return finding;
}

}  // namespace melisai::doctor
