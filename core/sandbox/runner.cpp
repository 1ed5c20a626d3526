#include <algorithm>
#include <map>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/sandbox/arguments.h"

namespace melisai::sandbox {
namespace {

/// Where both have one, the smaller.
template <class Number>
Number stricter(Number one, Number other) {
  return one == Number{} || other == Number{} ? std::max(one, other) : std::min(one, other);
}

TreeLimits stricter(const TreeLimits& one, const TreeLimits& other) {
  return {.memory_max = stricter(one.memory_max, other.memory_max),
          .cpus_max = stricter(one.cpus_max, other.cpus_max),
          .per_process = one.per_process || other.per_process,
          .processes_max = stricter(one.processes_max, other.processes_max),
          .file_size_max = stricter(one.file_size_max, other.file_size_max),
          .open_files_max = stricter(one.open_files_max, other.open_files_max)};
}

class SandboxRunner final : public ProcessRunner {
 public:
  SandboxRunner(Sandbox sandbox, std::string scratch, ProcessRunner& processes)
      : sandbox_(std::move(sandbox)), scratch_(std::move(scratch)), processes_(processes) {}

  Result<Exit> run(const Command& command) override {
    return in_place(command, [&](const Command& inside) { return processes_.run(inside); });
  }

  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    return in_place(
        command, [&](const Command& inside) { return processes_.run_observed(inside, observer); });
  }

 private:
  std::string tmp() const { return scratch_ + kPrivateTmp; }

  template <class Run>
  Result<Exit> in_place(const Command& command, Run run) {
    MELISAI_TRY(const Place place, make_place(command));
    Command inside = command;
    inside.sandbox = sandbox_.arguments;
    const std::vector<std::string> own = arguments_for(place);
    inside.sandbox.insert(inside.sandbox.end(), own.begin(), own.end());
    inside.env = environment_for(command.env, sandbox_.policy, place);
    inside.limits = stricter(command.limits, sandbox_.policy.limits);
    // What a stranger asks for cannot switch off what holds the limits.
    if (inside.limits != TreeLimits{}) inside.cgroup = CgroupMode::automatic;
    Result<Exit> exit = run(inside);
    MELISAI_CHECK(remove_tree(tmp()));
    return exit;
  }

  /// Not a path from a message, but still one that a mistake of ours could have made.
  Result<void> check(const std::string& path) const {
    if (is_below(path, sandbox_.policy.workspace) && path != sandbox_.policy.workspace &&
        path.find("/../") == std::string::npos)
      return {};
    return Error{Errc::usage, "a run that is not trusted may not write to " + in_quotes(path) +
                                  ", outside of " + sandbox_.policy.workspace};
  }

  Result<Place> make_place(const Command& command) {
    Place place{.writable = command.writable};
    place.writable.insert(place.writable.begin(), command.cwd);
    for (const std::string& path : place.writable) MELISAI_CHECK(check(path));
    const auto known = homes_.try_emplace(command.cwd, "home-" + std::to_string(homes_.size()));
    place.home = scratch_ + "/" + known.first->second;
    MELISAI_CHECK(remove_tree(tmp()));
    for (const std::string& path : {place.home, tmp()})
      MELISAI_CHECK(make_directories(path, {.private_mode = true}));
    return place;
  }

  const Sandbox sandbox_;
  const std::string scratch_;
  ProcessRunner& processes_;
  std::map<std::string, std::string> homes_;  ///< by working directory
};

}  // namespace

std::unique_ptr<ProcessRunner> make_runner(Sandbox sandbox, std::string scratch,
                                           ProcessRunner& processes) {
  return std::make_unique<SandboxRunner>(std::move(sandbox), std::move(scratch), processes);
}

}  // namespace melisai::sandbox
