#include "core/serve/alarm.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/run/run.h"
#include "core/serve/default_branch.h"
#include "core/serve/pipeline_file.h"
#include "core/serve/pipelines.h"
#include "core/serve/work.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

// The steady clock does not see when somebody sets the other one.
constexpr std::chrono::seconds kLookAtLeastEvery{10};

/// What the mirror says; nothing when it is not there yet.
Result<std::vector<ServePipeline>> pipelines_in_mirror(const ServeWorld& world,
                                                       const ServeConfig& config,
                                                       const WatchedProject& project,
                                                       const std::string& repository,
                                                       const std::string& sha) {
  const auto opened = world.open_repo(repository, config.git, world.interrupt);
  MELISAI_TRY(const std::optional<std::string> file, opened->read_file(sha, run::kPipelineFile));
  return pipelines_at(
      config, project,
      read_pipeline_file(file.value_or(kEmptyPipelineFile), run::kPipelineFile, config, world.env));
}

}  // namespace

Alarm::Alarm(Context& context, std::function<void()> accepted)
    : context_(context), accepted_(std::move(accepted)), timer_(context.loop) {}

void Alarm::start(Done done) {
  running_ = std::make_shared<bool>(true);
  for (const WatchedProject& project : context_.config.projects) set_pipelines(project.name, {});
  read_files();
  arm();
  done({});
}

void Alarm::stop(Done done) {
  if (running_) *running_ = false;
  timer_.cancel();
  entries_.clear();
  pipelines_.clear();
  done({});
}

trigger::SysSeconds Alarm::now() const {
  return std::chrono::floor<std::chrono::seconds>(context_.now());
}

// After a restart nobody pushes, perhaps for weeks.
void Alarm::read_files() {
  for (const WatchedProject& project : context_.config.projects) {
    const auto known = context_.queue.refs(project.name);
    if (!known) return log_error("the queue cannot be read: " + known.error().message);
    std::vector<RemoteRef> refs;
    for (const store::RefState& ref : *known) refs.push_back({ref.ref, ref.sha});
    const std::string branch = default_branch(project, refs);
    const auto tip = std::find_if(refs.begin(), refs.end(),
                                  [&](const RemoteRef& ref) { return ref.name == branch; });
    if (tip == refs.end()) continue;
    in_pool(
        context_,
        [&world = context_.world, &config = context_.config, project, sha = tip->sha,
         repository = repository_of(context_.state_dir, project.name)] {
          return pipelines_in_mirror(world, config, project, repository, sha);
        },
        [this, running = running_,
         name = project.name](const Result<std::vector<ServePipeline>>& pipelines) {
          if (!*running) return;
          if (pipelines)
            set_pipelines(name, *pipelines);
          else
            log_warning(name + ": its schedules are not known: " + pipelines.error().message);
        });
  }
}

void Alarm::set_pipelines(const std::string& project, const std::vector<ServePipeline>& pipelines) {
  std::vector<Schedule>& schedules = pipelines_[project];
  schedules.clear();
  for (const ServePipeline& pipeline : pipelines)
    if (pipeline.spec.trigger == PipelineSpec::Trigger::cron)
      schedules.push_back({pipeline.spec.name, pipeline.spec.schedule, pipeline.timezone});
  set_schedules(project);
}

void Alarm::set_workflows() {
  for (const WatchedProject& project : context_.config.projects) set_schedules(project.name);
}

std::vector<Alarm::Schedule> Alarm::workflows_of(const std::string& project) const {
  std::vector<Schedule> schedules;
  const WorkflowSet& set = *context_.workflows;
  for (const Workflow& workflow : set.all) {
    if (workflow.trigger != PipelineSpec::Trigger::cron || !applies_to(workflow, project)) continue;
    const auto stored = set.stored.find(workflow.name);
    schedules.push_back({workflow.name, workflow.schedule, workflow.timezone,
                         stored == set.stored.end() ? WallTime{} : stored->second.changed_at});
  }
  return schedules;
}

void Alarm::set_schedules(const std::string& project) {
  if (!running_ || !*running_) return;
  std::vector<Schedule> schedules = workflows_of(project);
  const std::vector<Schedule>& pipelines = pipelines_[project];
  schedules.insert(schedules.end(), pipelines.begin(), pipelines.end());
  std::map<Key, Entry> before;
  std::swap(before, entries_);
  for (auto& [key, entry] : before)
    if (key.first != project) entries_.emplace(key, std::move(entry));
  for (const Schedule& schedule : schedules) {
    const Key key{project, schedule.name};
    add(key, schedule);
    const auto old = before.find(key);
    const auto added = entries_.find(key);
    if (old != before.end() && added != entries_.end()) added->second.last = old->second.last;
  }
  arm();
}

void Alarm::add(const Key& key, const Schedule& written) {
  auto schedule = parse_cron(written.text);
  auto zone = trigger::Zone::find(written.timezone);
  if (!schedule || !zone)
    return log_warning(key.first + "/" + key.second + " has no schedule that can be kept: " +
                       (schedule ? zone.error().message : schedule.error().message));
  const auto last = context_.queue.last_cron(key.first, key.second);
  trigger::SysSeconds from = now();
  // One that was removed and came back has missed nothing in between.
  if (last && *last)
    from =
        std::min(from, std::chrono::floor<std::chrono::seconds>(std::max(**last, written.since)));
  entries_.emplace(key, Entry{trigger::Cron(*std::move(schedule), *std::move(zone)), from});
}

void Alarm::arm() {
  std::chrono::nanoseconds wait = kLookAtLeastEvery;
  for (const auto& [key, entry] : entries_)
    wait = std::min<std::chrono::nanoseconds>(wait, entry.cron.next(entry.last) - context_.now());
  ring_in(std::max(wait, std::chrono::nanoseconds(0)));
}

void Alarm::ring_in(std::chrono::nanoseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, running = running_](auto error) {
    if (error || !*running) return;
    if (const Result<void> rung = ring(); !rung) {
      log_error("the queue cannot be written: " + rung.error().message);
      return ring_in(kQueueRetry);
    }
    arm();
  });
}

Result<void> Alarm::ring() {
  const trigger::SysSeconds at = now();
  for (auto& [key, entry] : entries_) {
    const auto nominal = entry.cron.missed(entry.last, at);
    if (nominal) MELISAI_CHECK(fire(key, *nominal));
    // Also when the clock was set back: else it would be silent until it has caught up.
    entry.last = at;
  }
  return {};
}

Result<void> Alarm::fire(const Key& key, trigger::SysSeconds nominal) {
  RunEvent event;
  event.kind = RunEvent::Kind::cron;
  event.project = key.first;
  event.pipeline = key.second;
  event.cause = "schedule of " + key.second;
  event.once = "cron " + key.first + "/" + key.second + " " + utc_time(nominal);
  event.received_at = context_.now();
  MELISAI_TRY(const store::Accepted accepted, context_.queue.accept(event));
  if (!accepted.duplicate()) accepted_();
  return {};
}

}  // namespace melisai::serve
