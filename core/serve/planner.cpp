#include "core/serve/planner.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/run/run.h"
#include "core/serve/accept.h"
#include "core/serve/default_branch.h"
#include "core/serve/follow_up.h"
#include "core/serve/pinned.h"
#include "core/serve/pipeline_file.h"
#include "core/serve/pipelines.h"
#include "core/serve/planning.h"
#include "core/serve/source.h"
#include "core/serve/work.h"

namespace melisai::serve {

/// What planning an event needs; values, for the pool.
struct Planner::Question {
  const ServeWorld& world;
  const ServeConfig& config;
  std::string config_text;
  std::shared_ptr<const WorkflowSet> workflows;
  WatchedProject project;
  std::string repository;  ///< ours
  RunEvent event;
};

namespace {

constexpr Milliseconds kRetryFirst{5'000};
constexpr Milliseconds kRetryMax{600'000};
constexpr int kDoublingsMax = 10;
/// A forge may tell of a head a little before its ref is there.
constexpr int kHeadTriesMin = 5;

/// Of the project's own making: trying again changes nothing.
bool is_final(const Error& error) {
  return error.code == Errc::config || error.code == Errc::usage || error.code == Errc::limit;
}

}  // namespace

Planner::Answer Planner::answer_of(Question question) {
  Answer answer{.event = question.event, .plan = store::Plan{}, .pipelines = {}};
  answer.plan = plan_of(question, answer);
  return answer;
}

Result<store::Plan> Planner::plan_of(const Question& question, Answer& answer) {
  const ServeWorld& world = question.world;
  RunEvent& event = answer.event;
  const auto remote = world.open_remote(question.config.git, world.interrupt);
  const std::string parent = question.repository.substr(0, question.repository.rfind('/'));
  MELISAI_CHECK(make_directories(parent, {.private_mode = true}));
  MELISAI_TRY(const Source source, find_source({.project = question.project,
                                                .repository = question.repository,
                                                .remote = *remote},
                                               event, answer.head));
  const auto repository =
      world.open_repo(question.repository, question.config.git, world.interrupt);
  Pinned pinned{.pipeline_file = source.file.value_or(kEmptyPipelineFile),
                .serve_file = question.config_text};
  const auto read = event.trusted ? read_pipeline_file : read_pipeline_file_of_strangers;
  const Result<Project> declared =
      read(pinned.pipeline_file, run::kPipelineFile, question.config, world.env);
  MELISAI_TRY(answer.pipelines, pipelines_at(question.config, question.project, declared));
  if (question.config.git.submodules || (declared && declared->git.submodules))
    MELISAI_CHECK(check_submodules(event, source, *repository));
  store::Plan plan{.ref = event.ref, .sha = event.sha, .configuration = "", .runs = {}};
  MELISAI_TRY(plan.before, fork_point(event, source, *repository));
  answer.is_mistyped = event.kind == RunEvent::Kind::manual && event.again == 0 &&
                       !follow_up_in(event) &&
                       names_nothing(event, answer.pipelines, question.workflows->all);
  MELISAI_TRY(plan.runs, planned_runs(event, answer.pipelines, question.workflows->all));
  pinned.workflows = texts_for(plan.runs, *question.workflows);
  plan.configuration = to_json(pinned);
  if (plan.runs.empty() && !source.file)
    return Error{Errc::config, std::string(run::kPipelineFile) + " is not in commit " +
                                   source.rules + "; add one (examples: pipelines/)"};
  return plan;
}

Planner::Planner(Context& context, Calls calls)
    : context_(context), calls_(std::move(calls)), timer_(context.loop) {}

void Planner::start(Done done) {
  running_ = std::make_shared<bool>(true);
  wake();
  done({});
}

void Planner::stop(Done done) {
  if (running_) *running_ = false;
  timer_.cancel();
  planning_.clear();
  done({});
}

void Planner::check(Checked done) {
  const auto open = context_.queue.open_events();
  if (!open) return done(open.error());
  done(std::vector<supervise::Issue>{});
}

void Planner::wake() {
  if (!running_ || !*running_) return;
  // What ends makes room, and wakes us. A thousand deliveries a second are no reason to read the
  // queue as often.
  while (planning_.size() < kPlanningMax) {
    // One of a project: its server may hang.
    const auto due = context_.queue.due_event(context_.now(), planning_);
    if (!due) return try_later(due.error());
    if (!*due) break;
    begin(**due);
  }
  if (planning_.size() >= kPlanningMax) return;
  const auto next = context_.queue.next_due(context_.now());
  if (!next) return try_later(next.error());
  if (*next) wake_in(std::chrono::ceil<Milliseconds>(**next - context_.now()));
}

void Planner::try_later(const Error& why) {
  log_error("the queue cannot be read: " + why.message);
  wake_in(kQueueRetry);
}

void Planner::wake_in(Milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, running = running_](auto error) {
    if (!error && *running) wake();
  });
}

void Planner::begin(const store::OpenEvent& open) {
  const WatchedProject* const project = find_project(open.event.project);
  planning_.insert(open.event.project);
  if (project == nullptr)
    return refuse(open, {Errc::config,
                         "the configuration has no project '" + open.event.project + "' any more"});
  const auto workflows = workflows_for(open.event);
  if (!workflows) return refuse(open, workflows.error());
  Question question{.world = context_.world,
                    .config = context_.config,
                    .config_text = context_.config_text,
                    .workflows = *workflows,
                    .project = *project,
                    .repository = mirror_of(context_.state_dir, open.event),
                    .event = open.event};
  in_pool(
      context_, [question = std::move(question)] { return answer_of(question); },
      [this, running = running_, open](const Answer& answer) {
        if (*running) end(open, answer);
      });
}

void Planner::refuse(const store::OpenEvent& open, const Error& why) {
  // Later: wake() is still walking through the events.
  boost::asio::post(context_.loop, [this, running = running_, open, why] {
    if (*running) end(open, {.event = open.event, .plan = why, .pipelines = {}});
  });
}

Result<std::shared_ptr<const WorkflowSet>> Planner::workflows_for(const RunEvent& event) const {
  if (event.again == 0) return context_.workflows;
  const Result<PipelineRun> run = context_.queue.run(event.again);
  if (!run && run.error().code == Errc::not_found)
    return Error{Errc::config, event.cause + ": that run is forgotten, and what its workflow said"};
  if (!run) return run.error();
  MELISAI_TRY(const Pinned pinned, pinned_from_json(run->configuration));
  if (pinned.workflows.empty()) return context_.workflows;
  Result<WorkflowSet> kept = kept_workflows(pinned.workflows, context_.config,
                                            // No key of a workflow is a path.
                                            sources_for("/", context_.world.env));
  if (!kept) return Error{Errc::config, name_of(*run) + ": " + kept.error().message};
  log_info(event.cause + ": stored workflows are as " + name_of(*run) + " kept them");
  return std::make_shared<const WorkflowSet>(*std::move(kept));
}

void Planner::end(const store::OpenEvent& open, const Answer& answer) {
  if (const Result<void> settled = settle(open.tries, answer); !settled) {
    log_error(open.event.project + ": " + open.event.cause +
              " cannot be written to the queue: " + settled.error().message);
    return settle_again(open, answer);
  }
  planning_.erase(open.event.project);
  if (answer.plan) tell_pipelines(answer);
  calls_.planned();
  wake();
}

void Planner::settle_again(const store::OpenEvent& open, const Answer& answer) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_.loop, kQueueRetry);
  timer->async_wait([this, running = running_, open, answer, timer](auto) {
    if (*running) end(open, answer);
  });
}

// What the default branch says of schedules holds from now on.
void Planner::tell_pipelines(const Answer& answer) {
  const RunEvent& event = answer.event;
  if (event.kind != RunEvent::Kind::push) return;
  const auto known = context_.queue.refs(event.project);
  const WatchedProject* const project = find_project(event.project);
  if (!known || project == nullptr) return;
  std::vector<RemoteRef> refs;
  for (const store::RefState& ref : *known) refs.push_back({ref.ref, ref.sha});
  if (default_branch(*project, refs) == event.ref) calls_.seen(event.project, answer.pipelines);
}

const WatchedProject* Planner::find_project(const std::string& name) const {
  const auto& projects = context_.config.projects;
  const auto found =
      std::find_if(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == name; });
  return found == projects.end() ? nullptr : &*found;
}

Result<void> Planner::settle(int tries, const Answer& answer) {
  const RunEvent& event = answer.event;
  const Result<store::Plan>& plan = answer.plan;
  if (plan && plan->runs.empty())
    return context_.queue.reject(
        event.id, "no pipeline is started by a " + std::string(to_string(event.kind)));
  if (plan) {
    MELISAI_TRY(const auto planned, context_.queue.plan(event.id, *plan, context_.now()));
    if (!planned) return {};
    for (const PipelineRun& run : planned->superseded)
      log_info(name_of(run) + " is superseded: " + run.reason);
    return {};
  }
  if (answer.head && tries >= kHeadTriesMin) return follow_head(event, *answer.head);
  MELISAI_TRY(const bool paused, is_paused(event));
  if (answer.is_mistyped) return turn_down(event, plan.error().message);
  if (!paused && is_final(plan.error())) return fail_visibly(event, plan.error().message);
  // The tries count too: a clock that somebody sets is no reason.
  if (!paused && tries >= kPlanningTriesMin &&
      context_.now() - event.received_at >= kPlanningPatience)
    return give_up(event, plan.error());
  MELISAI_TRY(const bool one_waits, is_waited_for(event));
  if (one_waits) {
    log_info(event.project + ": " + event.cause + " is superseded: an older time of it waits");
    return context_.queue.reject(event.id, "superseded: an older time of its schedule waits");
  }
  const Milliseconds delay =
      std::min(kRetryFirst * (1 << std::min(tries, kDoublingsMax)), kRetryMax);
  log_warning(event.project + ": " + event.cause + " waits: " + plan.error().message);
  return context_.queue.postpone(event.id, plan.error().message, context_.now() + delay);
}

// Nobody waits for the answer to a schedule, and what is paused turns red no more than it starts.
Result<bool> Planner::is_paused(const RunEvent& event) const {
  if (event.kind != RunEvent::Kind::cron) return false;
  // Nobody resumes what a project had that is not there any more.
  if (find_project(event.project) == nullptr) return false;
  MELISAI_TRY(const store::Queue::Pause all, context_.queue.pause());
  if (all.paused) return true;
  MELISAI_TRY(const auto paused, context_.queue.paused_pipelines());
  return std::any_of(paused.begin(), paused.end(), [&](const store::PausedPipeline& one) {
    return one.project == event.project && one.pipeline == event.pipeline;
  });
}

// While none can be planned one of a schedule waits: the oldest, whose age says for how long that
// has been so. The commit is found when it is planned, so that it is none that is out of date.
Result<bool> Planner::is_waited_for(const RunEvent& event) const {
  if (event.kind != RunEvent::Kind::cron) return false;
  MELISAI_TRY(const auto open, context_.queue.open_events());
  return std::any_of(open.begin(), open.end(), [&](const store::OpenEvent& other) {
    return other.event.kind == event.kind && other.event.project == event.project &&
           other.event.pipeline == event.pipeline && other.event.id < event.id;
  });
}

// Red as well: the ref stays where it is, so that nothing else would ever tell that this commit has
// not run. Where the ref has moved on, as after a forced push, nobody waits for it any more.
Result<void> Planner::give_up(const RunEvent& event, const Error& error) {
  const std::string reason = std::string(store::kGivenUp) + " after " +
                             format_duration(kPlanningPatience) + ": " + error.message;
  log_error(event.project + ": " + event.cause + ": " + reason);
  if (event.kind == RunEvent::Kind::push || event.kind == RunEvent::Kind::tag) {
    MELISAI_TRY(const store::KnownRef known, context_.queue.known_ref(event.project, event.ref));
    if (known.sha != event.sha) return context_.queue.reject(event.id, reason);
  }
  if (event.kind == RunEvent::Kind::pull_request) {
    MELISAI_TRY(const auto known,
                context_.queue.pull_request(event.project, event.proposal->number));
    if (!known || known->event != event.id) return context_.queue.reject(event.id, reason);
  }
  return end_visibly(event, PipelineRun::Outcome::error, reason);
}

// What its forge told is not there. What is there instead nobody told, and nobody approved it: it
// is an event of its own, which waits as any other one.
Result<void> Planner::follow_head(const RunEvent& event, const std::string& head) {
  const std::string reason = "superseded: " + name_of(*event.proposal) + " has moved on";
  log_warning(event.project + ": " + event.cause + ": " + reason);
  if (head.empty()) return context_.queue.reject(event.id, event.ref + " is not there any more");
  RunEvent next = event;
  next.id = 0;
  next.sha = head;
  next.once = "";
  next.proposal->approved_by = "";
  next.cause = name_of(*event.proposal) + " has moved on";
  next.received_at = context_.now();
  MELISAI_CHECK(accept_event(context_, next));
  return context_.queue.reject(event.id, reason);
}

// Whoever asked is told. A red run would be one of a pipeline that nobody has, listed for good.
Result<void> Planner::turn_down(const RunEvent& event, const std::string& reason) {
  log_warning(event.project + ": " + event.cause + ": nothing starts: " + reason);
  return context_.queue.reject(event.id, reason);
}

Result<void> Planner::fail_visibly(const RunEvent& event, const std::string& reason) {
  log_warning(event.project + ": " + event.cause + ": " + reason);
  return end_visibly(event, PipelineRun::Outcome::failed, reason);
}

// A commit that breaks its pipeline file must turn red, not vanish; nor may what somebody asked for
// on a ref that is not there, of which no commit is known.
Result<void> Planner::end_visibly(const RunEvent& event, PipelineRun::Outcome outcome,
                                  const std::string& reason) {
  store::Plan plan{.ref = event.ref,
                   .sha = event.sha,
                   .configuration = to_json(Pinned{}),
                   .runs = {},
                   .readable = false,
                   .end = store::PlannedEnd{.outcome = outcome, .reason = reason}};
  plan.runs.push_back(
      {.pipeline = event.pipeline.empty() ? std::string(store::kUnreadable) : event.pipeline,
       .after = {}});
  const auto planned = context_.queue.plan(event.id, plan, context_.now());
  return planned ? Result<void>() : planned.error();
}

}  // namespace melisai::serve
