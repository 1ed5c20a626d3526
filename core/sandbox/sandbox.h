// Sandbox: what code that nobody trusts may see of this machine. Bubblewrap gives it a root of its
// own, in which only the system's folders, its checkout and private folders are; a user, pid, IPC
// and network namespace; and no capabilities. README.md says what that keeps away and what not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"

namespace melisai::sandbox {

struct Policy {
  bool network = false;             ///< that of the host, loopback and abstract sockets included
  std::vector<std::string> paths;   ///< absolute; what may be read besides the system's folders
  std::vector<std::string> hidden;  ///< absolute; files and folders that are never seen, by
                                    ///< whatever path; what does not exist is left out
  std::string workspace;            ///< absolute; nothing outside it is ever writable
  TreeLimits limits;                ///< of every command, timed ones too
};

/// What runs need of this program's installation.
struct Programs {
  std::string search_path;  ///< where bubblewrap is looked for; only absolute parts count
  std::string exec;         ///< absolute path of melisai-gate-exec
};

/// Bubblewrap here, tried.
struct Sandbox {
  Policy policy;
  std::vector<std::string> arguments;  ///< the program and what is the same for every command
  Exit trial;                          ///< what became of the limits
};

/// Looks for bubblewrap and runs a program in it. `scratch`: absolute, private, below the
/// workspace. Errors: not_found when it is not installed; unavailable when it does not work, with
/// its own words; what `processes` answers.
Result<Sandbox> make_sandbox(Policy policy, const Programs& programs, const std::string& scratch,
                             ProcessRunner& processes);

/// Runs every command in the sandbox, within its own limits and those of the policy. All that a
/// command may write is its working directory, Command::writable, and private folders: /tmp, new
/// for each command, and HOME, new for each working directory, so that what head leaves there is
/// not what base finds. Errors besides those of `processes`: usage, for a command that would write
/// outside the workspace.
std::unique_ptr<ProcessRunner> make_runner(Sandbox sandbox, std::string scratch,
                                           ProcessRunner& processes);

}  // namespace melisai::sandbox
