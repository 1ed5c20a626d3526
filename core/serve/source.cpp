#include "core/serve/source.h"

#include <map>

#include "core/base/text.h"
#include "core/run/run.h"
#include "core/serve/default_branch.h"

namespace melisai::serve {
namespace {

constexpr std::string_view kBranches = "refs/heads/";
constexpr const char* kSubmodules = ".gitmodules";

using Refs = std::map<std::string, std::string>;

Result<std::vector<RemoteRef>> ask(const SourceQuestion& question, const std::string& proposal) {
  return question.remote.refs(
      {.url = question.project.repository, .token = question.project.token, .proposal = proposal});
}

Refs by_name(const std::vector<RemoteRef>& answer) {
  Refs refs;
  for (const RemoteRef& ref : answer) refs[ref.name] = ref.sha;
  return refs;
}

FetchRequest request_for(const SourceQuestion& question, const std::string& sha,
                         const std::string& proposal) {
  return {.url = question.project.repository,
          .directory = question.repository,
          .sha = sha,
          .token = question.project.token,
          .proposal = proposal};
}

/// The commit of an event that names none.
Result<void> find_commit(const SourceQuestion& question, RunEvent& event) {
  if (!event.sha.empty()) return {};
  const WatchedProject& project = question.project;
  MELISAI_TRY(const std::vector<RemoteRef> answer, ask(question, ""));
  Refs refs = by_name(answer);
  if (event.ref.empty()) event.ref = default_branch(project, answer);
  if (!event.ref.empty() && !event.ref.starts_with("refs/")) {
    const std::string tag = "refs/tags/" + event.ref;
    event.ref = refs.contains(tag) ? tag : std::string(kBranches) + event.ref;
  }
  if (event.ref.empty())
    return Error{Errc::config, project.name +
                                   " has no branch that could be the default; "
                                   "name one"};
  if (!refs.contains(event.ref)) return Error{Errc::config, project.name + " has no " + event.ref};
  event.sha = refs[event.ref];
  return {};
}

/// What was told, or approved, runs, and nothing else that lies there now.
Result<void> check_head(const RunEvent& event, const Refs& refs, std::optional<std::string>& head) {
  // By hand an older head runs again.
  if (event.kind != RunEvent::Kind::pull_request) return {};
  const auto there = refs.find(event.ref);
  const std::string sha = there == refs.end() ? "" : there->second;
  if (sha == event.sha) return {};
  head = sha;
  return Error{Errc::git, event.ref + " is " + (sha.empty() ? "not there" : "at " + sha) +
                              ", and not at " + event.sha + " as its forge told"};
}

Result<Source> find_proposal(const SourceQuestion& question, const RunEvent& event,
                             std::optional<std::string>& head) {
  MELISAI_TRY(const std::vector<RemoteRef> answer, ask(question, event.ref));
  const Refs refs = by_name(answer);
  MELISAI_CHECK(check_head(event, refs, head));
  const auto base = refs.find(event.proposal->base);
  if (base == refs.end())
    return Error{Errc::config, question.project.name + " has no " + event.proposal->base +
                                   ", which " + name_of(*event.proposal) + " is for"};
  const FetchRequest ours = request_for(question, base->second, "");
  const FetchRequest theirs = request_for(question, event.sha, event.ref);
  Source source{
      .rules = event.trusted ? event.sha : base->second, .file = {}, .before = base->second};
  if (event.trusted) {
    MELISAI_CHECK(question.remote.fetch(ours));
    MELISAI_TRY(source.file, question.remote.fetch_file(theirs, run::kPipelineFile));
  } else {
    MELISAI_TRY(source.file, question.remote.fetch_file(ours, run::kPipelineFile));
    MELISAI_CHECK(question.remote.fetch(theirs));
  }
  return source;
}

}  // namespace

Result<Source> find_source(const SourceQuestion& question, RunEvent& event,
                           std::optional<std::string>& head) {
  if (event.proposal) return find_proposal(question, event, head);
  if (!event.trusted)
    return Error{Errc::config, "nobody has vouched for " + event.sha +
                                   ", and nothing says what it is proposed for"};
  MELISAI_CHECK(find_commit(question, event));
  Source source{.rules = event.sha, .file = {}, .before = ""};
  MELISAI_TRY(source.file,
              question.remote.fetch_file(request_for(question, event.sha, ""), run::kPipelineFile));
  return source;
}

Result<std::string> fork_point(const RunEvent& event, const Source& source, GitRepo& git) {
  if (!event.proposal) return std::string();
  Result<std::string> point = git.merge_base(source.before, event.sha);
  if (!point && point.error().code == Errc::git)
    return Error{Errc::config, name_of(*event.proposal) + " cannot be compared with " +
                                   event.proposal->base + ": " + point.error().message};
  return point;
}

Result<void> check_submodules(const RunEvent& event, const Source& source, GitRepo& git) {
  if (event.trusted) return {};
  MELISAI_TRY(const std::optional<std::string> proposed, git.read_file(event.sha, kSubmodules));
  MELISAI_TRY(const std::optional<std::string> known, git.read_file(source.rules, kSubmodules));
  if (!proposed || proposed == known) return {};
  return Error{Errc::config, std::string(kSubmodules) + " is another one than that of " +
                                 event.proposal->base +
                                 "; nobody has vouched for the addresses in it"};
}

}  // namespace melisai::serve
