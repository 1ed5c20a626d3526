// Changed paths: what a push changed, for the `if:` of a pipeline. Whatever cannot be told is
// unknown, which counts as matching: a run too many is better than a change that nobody looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/model/condition.h"
#include "core/model/pipeline_run.h"

namespace melisai::serve {

struct ChangedPathsQuestion {
  RunEvent::Kind kind = RunEvent::Kind::push;
  std::string ref;       ///< full name
  std::string sha;       ///< full hex
  std::string since;     ///< Queue::unseen_since(); of a pull request its base
  std::string main_ref;  ///< of the default branch; "" when there is none
  std::string main_sha;  ///< its commit as it was accepted last
};

struct ChangedPaths {
  std::optional<std::vector<std::string>> paths;
  std::string why_unknown;  ///< for people; "" just when `paths` is there
};

bool asks_for_paths(const Condition& condition);

/// Against the commit that the ref had before; of a new branch, against where it left the default
/// branch.
ChangedPaths changed_paths(const ChangedPathsQuestion& question, GitRepo& git);

}  // namespace melisai::serve
