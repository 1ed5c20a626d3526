#include "core/serve/watcher.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/serve/default_branch.h"

namespace melisai::serve {
namespace {

using supervise::Issue;

// Three polls that fail are an issue; until then a server may restart.
constexpr int kFailuresTolerated = 3;
// Noted of a repository that was looked at and had nothing: what it has later was pushed, and is
// not found there at first sight. No ref is called so.
constexpr const char* kEmptyRepository = "(empty)";
// More than people push at once: somebody mirrors a repository, or its forge imports it, and old
// tags are no news.
constexpr std::ptrdiff_t kPushedAtOnceMax = 20;

// A repository that is seen for the first time: the tip of its default branch runs, so that people
// see that it works, and so that a push which came before the first poll is not lost.
void start_with(const std::string& branch, const trigger::RefFilter& filter,
                std::vector<trigger::RefEvent>& changes) {
  for (trigger::RefEvent& change : changes)
    if (change.ref == branch && trigger::passes(filter, branch)) change.starts_run = true;
}

trigger::Refs by_name(const std::vector<store::RefState>& states) {
  trigger::Refs refs;
  for (const store::RefState& state : states)
    if (state.ref != kEmptyRepository) refs[state.ref] = state.sha;
  return refs;
}

bool was_empty(const std::vector<store::RefState>& states) {
  return std::any_of(states.begin(), states.end(),
                     [](const store::RefState& state) { return state.ref == kEmptyRepository; });
}

std::string sha_of(const trigger::Refs& refs, const std::string& ref) {
  const auto found = refs.find(ref);
  return found == refs.end() ? "" : found->second;
}

}  // namespace

Watcher::Watcher(Context& context, std::function<void()> accepted)
    : context_(context), accepted_(std::move(accepted)), timer_(context.loop) {}

Watcher::~Watcher() { *alive_ = false; }

void Watcher::start(Done done) {
  std::vector<trigger::PolledRepository> repositories;
  for (const WatchedProject& project : context_.config.projects)
    repositories.push_back({project.name, context_.config.orchestrator.monitoring.interval});
  schedule_.emplace(repositories, context_.world.clock.monotonic(), context_.rng);
  running_ = std::make_shared<bool>(true);
  arm();
  done({});
}

void Watcher::stop(Done done) {
  if (running_) *running_ = false;
  timer_.cancel();
  waiting_.clear();
  schedule_.reset();
  done({});
}

void Watcher::check(Checked done) {
  std::vector<Issue> issues;
  std::size_t failing = 0;
  for (const auto& [name, state] : schedule_->states()) {
    if (state.failures < kFailuresTolerated) continue;
    ++failing;
    issues.push_back(
        {supervise::IssueSeverity::medium, name + " cannot be polled: " + problem_of(name)});
  }
  if (failing > 0 && failing == schedule_->states().size())
    return done(Error{Errc::git, issues.front().message});
  done(std::move(issues));
}

std::string Watcher::problem_of(const std::string& project) const {
  const auto found = problems_.find(project);
  return found == problems_.end() ? "" : found->second;
}

const WatchedProject& Watcher::project(const std::string& name) const {
  const auto& projects = context_.config.projects;
  return *std::find_if(projects.begin(), projects.end(),
                       [&](const WatchedProject& project) { return project.name == name; });
}

void Watcher::arm() {
  const auto due = schedule_->next_due();
  if (!due) return;
  timer_.expires_after(
      std::max(*due - context_.world.clock.monotonic(), std::chrono::nanoseconds(0)));
  timer_.async_wait([this, running = running_](auto error) {
    if (error || !*running) return;
    for (std::string& name : schedule_->take_due(context_.world.clock.monotonic()))
      waiting_.push_back(std::move(name));
    poll_waiting();
    arm();
  });
}

void Watcher::poll_waiting() {
  for (; !waiting_.empty() && asking_ < kPollsMax; waiting_.pop_front())
    poll(project(waiting_.front()));
}

void Watcher::poll(const WatchedProject& project) {
  Result<Known> before = context_.queue.refs(project.name);
  ++asking_;
  in_pool(
      context_,
      [&world = context_.world, options = context_.config.git,
       address = RemoteAddress{.url = project.repository, .token = project.token}] {
        return world.open_remote(options, world.interrupt)->refs(address);
      },
      [this, running = running_, alive = alive_, name = project.name,
       before = std::move(before)](const Result<std::vector<RemoteRef>>& refs) {
        if (!*alive) return;
        --asking_;
        if (*running) on_refs(name, before, refs);
        poll_waiting();
      });
}

void Watcher::on_refs(const std::string& name, const Result<Known>& before,
                      const Result<std::vector<RemoteRef>>& refs) {
  Result<void> taken = !before ? Result<void>(before.error())
                       : refs  ? take(project(name), *before, *refs)
                               : Result<void>(refs.error());
  std::string& problem = problems_[name];
  const std::string now = taken ? "" : taken.error().message;
  if (now != problem && !now.empty()) log_warning(name + " cannot be polled: " + now);
  if (now != problem && now.empty()) log_info(name + " is polled again");
  problem = now;
  const auto time = context_.world.clock.monotonic();
  taken ? schedule_->succeeded(name, time) : schedule_->failed(name, time);
  arm();
}

Result<void> Watcher::take(const WatchedProject& project, const Known& before,
                           const std::vector<RemoteRef>& refs) {
  std::optional<trigger::Refs> accepted;
  if (!before.empty()) accepted = by_name(before);
  const trigger::RefFilter filter{.branches = project.branches, .tags = project.tags};
  auto changes = trigger::ref_changes(accepted, refs, filter, trigger::FirstSight::none);
  const auto starts = [](const trigger::RefEvent& change) { return change.starts_run; };
  const bool is_mirrored =
      was_empty(before) && std::count_if(changes.begin(), changes.end(), starts) > kPushedAtOnceMax;
  if (is_mirrored)
    for (trigger::RefEvent& change : changes) change.starts_run = false;
  if (!accepted || is_mirrored) start_with(default_branch(project, refs), filter, changes);
  // A webhook that came while the server was asked knows better than its answer: the next poll will
  // see what there is.
  MELISAI_TRY(const Known known, context_.queue.refs(project.name));
  std::erase_if(changes, [&, now = by_name(known)](const trigger::RefEvent& change) {
    return sha_of(now, change.ref) != change.before;
  });
  std::vector<store::RefState> noted;
  for (const trigger::RefEvent& change : changes)
    if (!change.starts_run) noted.push_back({change.ref, change.after});
  if (!accepted && refs.empty()) noted.push_back({kEmptyRepository, "nothing"});
  // Before the events: when a first sight is cut short, only its default branch is still new.
  if (!noted.empty()) MELISAI_CHECK(context_.queue.note_refs(project.name, noted, context_.now()));
  bool any = false;
  for (const trigger::RefEvent& change : changes) {
    if (!change.starts_run) continue;
    const RunEvent event = trigger::run_event_of(change, project.name, context_.now());
    MELISAI_TRY(const store::Accepted done, context_.queue.accept(event));
    if (done.duplicate()) continue;
    any = true;
    log_info(project.name + ": " + event.cause + " (" + event.sha.substr(0, 12) + ")");
  }
  if (any) accepted_();
  // Not before all of them are in the queue.
  if (!refs.empty() && was_empty(before))
    return context_.queue.note_refs(project.name, {{kEmptyRepository, ""}}, context_.now());
  return {};
}

}  // namespace melisai::serve
