#include "core/model/condition.h"

#include <algorithm>

#include "core/base/glob.h"
#include "core/base/text.h"

namespace melisai {
namespace {

using Patterns = std::vector<std::string>;

bool matches_one(const Patterns& patterns, const std::string& name) {
  const auto matches = [&](const std::string& glob) { return matches_glob(glob, name); };
  return std::any_of(patterns.begin(), patterns.end(), matches);
}

bool has_path_of(const Patterns& patterns, const std::string& path) {
  const auto matches = [&](const std::string& glob) { return matches_path_glob(glob, path); };
  return std::any_of(patterns.begin(), patterns.end(), matches);
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + printable(word);
  return list;
}

std::string why_no_name(std::string_view what, const std::string& name, const Patterns& patterns) {
  if (patterns.empty()) return "";
  if (name.empty()) return "it has no " + std::string(what);
  if (matches_one(patterns, name)) return "";
  return std::string(what) + " " + in_quotes(name) + " is none of " + listed(patterns);
}

std::string why_no_path(const Condition& condition, const ConditionFacts& facts) {
  if (condition.paths.empty() && condition.paths_ignore.empty()) return "";
  if (!facts.changed_paths) return "";
  const auto counts = [&](const std::string& path) {
    return (condition.paths.empty() || has_path_of(condition.paths, path)) &&
           !has_path_of(condition.paths_ignore, path);
  };
  const std::vector<std::string>& changed = *facts.changed_paths;
  if (std::any_of(changed.begin(), changed.end(), counts)) return "";
  return condition.paths.empty() ? "nothing changed outside of " + listed(condition.paths_ignore)
                                 : "nothing changed in " + listed(condition.paths) +
                                       (condition.paths_ignore.empty()
                                            ? ""
                                            : " outside of " + listed(condition.paths_ignore));
}

}  // namespace

std::string why_not(const Condition& condition, const ConditionFacts& facts) {
  for (const std::string& why :
       {why_no_name("branch", facts.branch, condition.branches),
        why_no_name("tag", facts.tag, condition.tags), why_no_path(condition, facts)})
    if (!why.empty()) return why;
  for (const auto& [pipeline, outcomes] : condition.results) {
    const auto result = facts.results.find(pipeline);
    if (result == facts.results.end()) return pipeline + " has not ended";
    if (std::find(outcomes.begin(), outcomes.end(), result->second) == outcomes.end())
      return pipeline + " ended with " + result->second + ", not with " + listed(outcomes);
  }
  return "";
}

}  // namespace melisai
