// A branch or tag that moved, told by its forge.
#include "core/api/hooks.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using Kind = trigger::RefEvent::Kind;

constexpr std::string_view kTags = "refs/tags/";

trigger::RefEvent change_of(const trigger::RefMoved& moved, const store::KnownRef& known) {
  trigger::RefEvent change{.ref = moved.ref,
                           .before = known.sha,
                           .after = moved.after,
                           .kind = Kind::push,
                           .starts_run = true};
  if (moved.ref.starts_with(kTags)) {
    change.kind = Kind::tag;
    return change;
  }
  // A branch that was pushed to before anybody here heard of it.
  if (known.sha.empty()) change.before = moved.before;
  if (change.before.empty()) change.kind = Kind::branch_created;
  return change;
}

/// When it comes back that is news. A deletion of another commit than the one that is known came
/// late, and so may one that does not say of which commit, as those of Gitea: what has come back
/// meanwhile would run again. The next poll will see what there is. Of a tag `before` tells
/// nothing, because it may be the tag itself.
Result<HookAnswer> forget(const trigger::RefMoved& moved, const store::KnownRef& known,
                          const SignedEvent& event, const HookContext& context) {
  const bool may_be_late =
      moved.before.empty() || (!moved.ref.starts_with(kTags) && moved.before != known.sha);
  if (!known.sha.empty() && !may_be_late)
    MELISAI_CHECK(
        context.queue.note_deleted(event.project.name, moved.ref, event.once, context.clock.now()));
  return HookAnswer{.ignored = "what was deleted starts nothing"};
}

}  // namespace

Result<HookAnswer> handle_ref(const trigger::RefMoved& moved, const SignedEvent& event,
                              const HookContext& context) {
  const WatchedProject& project = event.project;
  MELISAI_TRY(const store::KnownRef known, context.queue.known_ref(project.name, moved.ref));
  // Else the first poll would take every other branch and tag for new.
  if (!known.repository)
    return HookAnswer{.ignored = "the repository was not looked at yet; the first poll will"};
  if (moved.after.empty()) return forget(moved, known, event, context);
  if (!trigger::passes({.branches = project.branches, .tags = project.tags}, moved.ref)) {
    if (moved.after != known.sha)
      MELISAI_CHECK(
          context.queue.note_refs(project.name, {{moved.ref, moved.after}}, context.clock.now()));
    return HookAnswer{.ignored = in_quotes(moved.ref) +
                                 " is none of the branches and tags that the project runs"};
  }
  RunEvent run = trigger::run_event_of(change_of(moved, known), project.name, context.clock.now());
  run.once = event.once;
  MELISAI_TRY(const store::Accepted accepted, context.accept(run));
  if (!accepted.duplicate())
    log_info(project.name + ": " + run.cause + " (" + run.sha.substr(0, 12) + "), by webhook");
  return HookAnswer{.event = accepted.event, .duplicate = accepted.duplicate()};
}

}  // namespace melisai::api
