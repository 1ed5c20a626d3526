#include "core/serve/changed_paths.h"

namespace melisai::serve {
namespace {

ChangedPaths unknown(const std::string& why) { return {.paths = std::nullopt, .why_unknown = why}; }

}  // namespace

bool asks_for_paths(const Condition& condition) {
  return !condition.paths.empty() || !condition.paths_ignore.empty();
}

ChangedPaths changed_paths(const ChangedPathsQuestion& question, GitRepo& git) {
  using Kind = RunEvent::Kind;
  if (question.kind != Kind::push && question.kind != Kind::pull_request)
    return unknown("only a push says which paths changed");
  std::string base = question.since;
  if (base.empty()) {
    if (question.main_sha.empty() || question.ref == question.main_ref)
      return unknown("nothing older of " + question.ref + " is known");
    const Result<std::string> fork = git.merge_base(question.main_sha, question.sha);
    if (!fork) return unknown(fork.error().message);
    base = *fork;
  }
  Result<std::vector<std::string>> paths = git.changed_paths(base, question.sha);
  if (!paths) return unknown(paths.error().message);
  return {.paths = *std::move(paths), .why_unknown = ""};
}

}  // namespace melisai::serve
