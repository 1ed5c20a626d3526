#include "core/trigger/ref_changes.h"

#include <algorithm>
#include <string_view>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/trigger/ref_names.h"

namespace melisai::trigger {
namespace {

using Kind = RefEvent::Kind;

Result<std::vector<std::string>> short_globs(const std::vector<std::string>& globs,
                                             std::string_view prefix) {
  std::vector<std::string> short_globs;
  for (const std::string& glob : globs) {
    std::string name = glob.starts_with(prefix) ? glob.substr(prefix.size()) : glob;
    if (is_proposal(name)) return proposal_refused(name);
    if (name.starts_with("refs/"))
      return Error{Errc::config, in_quotes(glob) + " cannot be watched here; write names below " +
                                     std::string(prefix) + ", such as \"main\" or \"v*\""};
    if (name.empty()) return Error{Errc::config, "an empty name matches nothing; remove it"};
    short_globs.push_back(std::move(name));
  }
  return short_globs;
}

bool matches_any(const std::vector<std::string>& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return matches_glob(glob, name); });
}

bool is_named(const RefFilter& filter, std::string_view branch) {
  return std::find(filter.branches.begin(), filter.branches.end(), branch) != filter.branches.end();
}

bool runs_at_first_sight(const std::string& ref, const RefFilter& filter, FirstSight first_sight) {
  if (!ref.starts_with(kBranchPrefix)) return false;
  if (first_sight == FirstSight::every) return passes(filter, ref);
  return first_sight == FirstSight::named &&
         is_named(filter, std::string_view(ref).substr(kBranchPrefix.size()));
}

std::string short_name(const std::string& ref) {
  const std::size_t slash = ref.find('/', ref.find('/') + 1);
  return slash == std::string::npos ? ref : ref.substr(slash + 1);
}

Kind kind_of(const RefEvent& event) {
  if (event.after.empty()) return Kind::ref_deleted;
  if (event.ref.starts_with(kTagPrefix)) return Kind::tag;
  return event.before.empty() ? Kind::branch_created : Kind::push;
}

}  // namespace

Result<RefFilter> parse_ref_filter(const RefFilter& written) {
  MELISAI_TRY(std::vector<std::string> branches, short_globs(written.branches, kBranchPrefix));
  MELISAI_TRY(std::vector<std::string> tags, short_globs(written.tags, kTagPrefix));
  return RefFilter{.branches = std::move(branches), .tags = std::move(tags)};
}

bool passes(const RefFilter& filter, const std::string& ref) {
  const std::string_view name = ref;
  if (ref.starts_with(kBranchPrefix))
    return matches_any(filter.branches, name.substr(kBranchPrefix.size()));
  return ref.starts_with(kTagPrefix) && matches_any(filter.tags, name.substr(kTagPrefix.size()));
}

std::vector<RefEvent> ref_changes(const std::optional<Refs>& accepted,
                                  const std::vector<RemoteRef>& seen, const RefFilter& filter,
                                  FirstSight first_sight) {
  std::map<std::string, RefEvent> changes;
  if (accepted && !seen.empty())
    for (const auto& [ref, sha] : *accepted)
      changes[ref] = {.ref = ref, .before = sha, .after = ""};
  for (const RemoteRef& remote : seen) {
    RefEvent& event = changes[remote.name];
    event.ref = remote.name;
    event.after = remote.sha;
  }
  std::vector<RefEvent> events;
  for (auto& [ref, event] : changes) {
    if (event.before == event.after) continue;
    event.kind = kind_of(event);
    event.starts_run = accepted ? event.kind != Kind::ref_deleted && passes(filter, ref)
                                : runs_at_first_sight(ref, filter, first_sight);
    events.push_back(std::move(event));
  }
  return events;
}

RunEvent run_event_of(const RefEvent& change, const std::string& project, WallTime now) {
  RunEvent event;
  event.kind = change.kind == Kind::tag ? RunEvent::Kind::tag : RunEvent::Kind::push;
  event.project = project;
  event.ref = change.ref;
  event.before = change.before;
  event.sha = change.after;
  event.cause = (change.kind == Kind::tag              ? "tag "
                 : change.kind == Kind::branch_created ? "new branch "
                                                       : "push to ") +
                short_name(change.ref);
  event.received_at = now;
  return event;
}

}  // namespace melisai::trigger
