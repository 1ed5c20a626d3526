#include "core/serve/work_sandbox.h"

#include "core/base/rng.h"
#include "core/builder.h"
#include "core/sandbox/sandbox.h"

namespace melisai::serve {
namespace {

/// Of people: the reason of a run that did not begin.
Error refusal(const Error& why) {
  return {Errc::unavailable,
          "nobody trusts what this run tries, and there is no sandbox for it: " + why.message +
              "; `melisai-gate doctor` says what helps (or, to run it with all rights of the "
              "daemon, orchestrator.untrusted.sandbox: off)"};
}

bool is_about_the_sandbox(Errc code) {
  return code == Errc::not_found || code == Errc::unavailable || code == Errc::limit;
}

sandbox::Policy policy_of(const WorkRequest& request, const UntrustedOptions& options,
                          const EnvLookup& env) {
  sandbox::Policy policy{.network = options.network,
                         .paths = options.paths,
                         .hidden = request.hidden,
                         .workspace = request.workspace,
                         .limits = {.memory_max = options.memory_max,
                                    .per_process = true,
                                    .processes_max = options.processes_max,
                                    .file_size_max = options.file_size_max,
                                    .open_files_max = options.open_files_max}};
  policy.hidden.insert(policy.hidden.end(), {request.state_dir, request.workspace});
  if (const auto home = env("HOME"); home && home->starts_with('/')) policy.hidden.push_back(*home);
  return policy;
}

}  // namespace

Result<Confined> Confined::make(const WorkRequest& request, const UntrustedOptions& options,
                                World& world) {
  SeededRng names(fresh_seed());
  MELISAI_TRY(run::WorkDirectory scratch,
              run::WorkDirectory::make(request.workspace, random_hex(names)));
  MELISAI_TRY(std::string exec, find_helper("melisai-gate-exec"));
  const sandbox::Programs programs{
      .search_path = world.env("PATH").value_or("/usr/local/bin:/usr/bin:/bin"),
      .exec = std::move(exec)};
  Result<sandbox::Sandbox> found = sandbox::make_sandbox(policy_of(request, options, world.env),
                                                         programs, scratch.path(), world.processes);
  if (!found && is_about_the_sandbox(found.error().code)) return refusal(found.error());
  if (!found) return found.error();
  auto runner = sandbox::make_runner(*std::move(found), scratch.path(), world.processes);
  return Confined(std::move(scratch), std::move(runner));
}

bool needs_sandbox(const Task& task, const UntrustedOptions& options) {
  return !is_vouched_for(task) && options.sandbox == UntrustedOptions::Sandbox::required;
}

}  // namespace melisai::serve
