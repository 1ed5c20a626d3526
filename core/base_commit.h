// Which commit a check compares with: --base in its forms. Used by the orchestrator only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "core/base/git.h"
#include "core/model/report.h"
#include "core/step.h"
#include "core/store/store.h"

namespace melisai {

/// `--head` for HEAD plus what is not committed yet.
inline constexpr const char* kWorkTree = "WORKTREE";

/// `--base`: merge-base (also when absent), last-green, tag:GLOB, run:ID, or a reference of git.
struct BaseChoice {
  enum class Kind { merge_base, last_green, tag, run, reference } kind = Kind::merge_base;
  std::string value;  ///< glob, or reference
  store::RunId run = 0;
};
/// Errors: usage, for a glob or a number that is missing or wrong.
Result<BaseChoice> parse_base_choice(const std::string& text);

/// What the choice may depend on.
struct BaseQuestion {
  BaseChoice choice;
  CommitInfo head;
  bool worktree = false;  ///< head is the work tree
  std::string project;
  std::string branch;         ///< of head, "" when there is none
  std::string configuration;  ///< hash, see store::RunContext
  const Machine& machine;
};

struct BaseAnswer {
  CommitInfo commit;
  std::vector<std::string> warnings;
};

/// Stops: git; baseline when there is no stored run, it was measured on another machine (the reason
/// says what differs), or its commit is gone.
Step<BaseAnswer> choose_base(const BaseQuestion& question, GitRepo& git, const store::Store& store);

/// Which branch `head` (a reference of the user, HEAD or WORKTREE) stands for: the one checked out,
/// the one of exactly that name, or the one that CI says it checked out detached; "" when there is
/// none.
std::string branch_of(const std::string& head, const std::string& sha, GitRepo& git,
                      const EnvLookup& env);

/// Whether CI says that the code is a pull request's: such runs never become baselines, since its
/// author may call the branch what they like.
bool is_pull_request(const EnvLookup& env);

/// Whether others may be compared with this run from now on: a pass in which something was clear
/// and nothing was only accepted, against another commit, and not loosened for this once beyond
/// `declared_threshold`, the pipeline file's.
bool is_green(const Report& report, double declared_threshold);

/// "CPU 'A' instead of 'B', 4 CPUs instead of 2" : how `now` differs from `then`; "" when times are
/// comparable.
std::string machine_differences(const Machine& then, const Machine& now);

}  // namespace melisai
