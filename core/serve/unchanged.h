// Unchanged: with orchestrator.optimization.skip_unchanged_tests, whether a run of tests needs no
// attempt of its own, because the same files passed the same tests already. It is "passed" then,
// and not "skipped", because its tests have passed on these files, and what comes after it (a
// deployment of what was reverted to) is to run. Used by `work`.
#pragma once

#include <chrono>
#include <string>

#include "core/base/git.h"
#include "core/serve/work_description.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// Machines change too, so that a pass counts no longer than that.
inline constexpr std::chrono::hours kPassCounts{24};
inline constexpr std::size_t kEarlierRunsMax = 20;  ///< that are looked at
inline constexpr int kComparisonsMax = 5;           ///< of commits; each is a process

/// Whether "test" or "tests" is a word of it: "test", "unit-tests", "test_slow". Of other pipelines
/// (deploy) nobody knows what else they change.
bool names_tests(const std::string& pipeline);

/// In the directory of an attempt of tests: what ran them besides their commit and configuration.
inline constexpr const char* kTestedWithFile = "tested-with";
/// Another text with another machine, toolchain or environment of stages (run::BuildKey).
std::string tested_with(const Described& described);

/// Whether a run is one that may pass so, and leaves kTestedWithFile where it runs after all.
bool may_pass_unchanged(const Task& task, const Described& described);

struct UnchangedQuestion {
  const Task& task;
  const Described& described;
  std::string with;  ///< tested_with() of now
  WallTime now;
};

/// What the run passed as, "passed as demo/test#12: no file differs"; "" when it has to run. Only a
/// push asks: whoever starts a pipeline by hand or by the clock wants it to run. The other run: the
/// newest of the same pipeline with the same files, branch, params, configuration, trust and
/// tested_with(), if it has passed by itself and not long ago; both were started by pushes. Errors:
/// io, git, limit.
Result<std::string> passed_as(const UnchangedQuestion& question, const store::Queue& queue,
                              GitRepo& git);

}  // namespace melisai::serve
