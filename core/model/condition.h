// The `if:` of a pipeline or of a workflow's step: when it runs. Pure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// All that is given must hold; an empty one always does. Patterns of branches and tags:
/// matches_glob(); of paths: matches_path_glob(). One of a list is enough.
struct Condition {
  std::vector<std::string> branches;
  std::vector<std::string> tags;
  std::vector<std::string> paths;                           ///< one changed path must match
  std::vector<std::string> paths_ignore;                    ///< and, the same path, none of these
  std::map<std::string, std::vector<std::string>> results;  ///< outcomes by pipeline
  bool empty() const { return *this == Condition{}; }
  bool operator==(const Condition&) const = default;
};

/// What a run can end with, for Condition::results.
inline constexpr std::array<std::string_view, 8> kOutcomes = {
    "passed", "failed",    "regression", "inconclusive",
    "error",  "cancelled", "superseded", "skipped"};

/// What is known of a run before it begins.
struct ConditionFacts {
  std::string branch;  ///< without "refs/heads/"; "": none, as of a tag
  std::string tag;     ///< without "refs/tags/"; "": none
  std::optional<std::vector<std::string>> changed_paths;  ///< nothing: unknown, which counts as
                                                          ///< matching
  std::map<std::string, std::string> results;             ///< of the pipelines that have ended
};

/// "" when it holds, else the first part that does not, for people: "branch 'x' is none of main".
std::string why_not(const Condition& condition, const ConditionFacts& facts);

}  // namespace melisai
