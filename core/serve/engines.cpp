#include "core/serve/engines.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/serve/attempt_command.h"
#include "core/serve/attempt_result.h"
#include "core/serve/dispatch.h"
#include "core/serve/process_id.h"
#include "core/serve/workspace.h"

namespace melisai::serve {
namespace {

using Outcome = PipelineRun::Outcome;
using supervise::EventSeverity;
using supervise::EventType;

constexpr Milliseconds kPatience{10'000};  // for what an earlier daemon left; see exec/README.md
constexpr std::chrono::seconds kStartPatience{10};
/// After an attempt has begun or ended: those who wait for it come first.
constexpr Milliseconds kBeforeReady{50};
constexpr Milliseconds kReadyMax{12 * 3'600'000};  // then another one takes its place

}  // namespace

std::string_view to_string(EngineState state) {
  switch (state) {
    case EngineState::idle: return "idle";
    case EngineState::running: return "running";
    case EngineState::paused: return "paused";
    case EngineState::error: return "error";
    case EngineState::stopped: return "stopped";
  }
  return "";
}

Engines::Engines(Context& context)
    : context_(context), timer_(context.loop), ready_timer_(context.loop), boot_id_(boot_id()) {
  engines_.resize(static_cast<std::size_t>(context.config.orchestrator.pipelines_max));
  for (std::size_t i = 0; i < engines_.size(); ++i) engines_[i].number = static_cast<int>(i) + 1;
}

Engines::~Engines() {
  *alive_ = false;
  own_.join();
}

void Engines::start(Done done) {
  const auto open = context_.queue.open_attempts();
  if (!open) return done(open.error());
  const int mine = ++*generation_;
  // Waiting for them to end may take seconds.
  in_pool(
      own_, context_.loop,
      [attempts = *open, generation = generation_, mine,
       workspace = workspace_of(context_.config.orchestrator, context_.state_dir),
       ready = ready_directory(context_.state_dir)] {
        std::vector<Attempt> survivors;
        for (const Attempt& attempt : attempts)
          if (!wait_for_end(attempt, kPatience)) survivors.push_back(attempt);
        if (survivors.empty() && *generation == mine) {
          sweep_workspace(workspace);
          if (const auto swept = remove_tree(ready); !swept) log_warning(swept.error().message);
        }
        return survivors;
      },
      [this, alive = alive_, done, mine](const std::vector<Attempt>& survivors) {
        if (!*alive || *generation_ != mine) return;
        if (!survivors.empty())
          return done(Error{Errc::process,
                            "process " + std::to_string(survivors.front().pid) +
                                " of an earlier run cannot be killed; end it, then restart"});
        if (const Result<void> recovered = recover(); !recovered) return done(recovered.error());
        stopping_ = false;
        for (Engine& engine : engines_) engine.state = EngineState::idle;
        done({});
        wake();
        arm_ready(kBeforeReady);
        changed_();
      });
}

Result<void> Engines::recover() {
  MELISAI_TRY(const std::vector<Attempt> attempts, context_.queue.open_attempts());
  for (const Attempt& attempt : attempts) {
    MELISAI_TRY(const PipelineRun run, context_.queue.run(attempt.run));
    MELISAI_TRY(const std::vector<Attempt> earlier, attempts_before(attempt));
    MELISAI_CHECK(close(
        run, attempt, result_in_time(attempt).value_or(interrupted_end(earlier, context_.now()))));
  }
  return {};
}

void Engines::stop(Done done) {
  ++*generation_;
  stopping_ = true;
  stopped_ = std::move(done);
  timer_.cancel();
  ready_timer_.cancel();
  ready_.reset();
  for (Engine& engine : engines_) {
    if (engine.process) engine.process->stop();
    engine.state = EngineState::stopped;
  }
  answer_stop();
}

void Engines::answer_stop() {
  if (!stopped_) return;
  for (const Engine& engine : engines_)
    if (engine.process) return;
  std::exchange(stopped_, nullptr)({});
}

void Engines::check(Checked done) {
  // Whatever lets a run start starts it at once, but for a timer that may be a moment late.
  const auto ready = context_.queue.ready(context_.now() - kStartPatience);
  if (!ready) return done(ready.error());
  const auto pause = context_.queue.pause();
  if (!pause) return done(pause.error());
  std::vector<supervise::Issue> issues;
  const bool may_start = !stopping_ && !pause->paused;
  for (const PipelineRun& run : may_start ? startable(*ready) : std::vector<PipelineRun>{})
    issues.push_back({supervise::IssueSeverity::high,
                      name_of(run) + " could start and does not; the log says why"});
  done(std::move(issues));
}

std::vector<PipelineRun> Engines::startable(const std::vector<PipelineRun>& ready) const {
  std::vector<PipelineRun> running;
  for (const Engine& engine : engines_)
    if (engine.process) running.push_back(engine.run);
  return choose_runs(ready, running,
                     {.engines = engines_.size(),
                      .parallel = context_.config.orchestrator.optimization.parallel_execution});
}

void Engines::wake() {
  if (stopping_) return;
  const WallTime now = context_.now();
  const auto pause = context_.queue.pause();
  if (!pause) return look_again(pause.error());
  for (Engine& engine : engines_)
    if (!engine.process && engine.state != EngineState::error)
      engine.state = pause->paused ? EngineState::paused : EngineState::idle;
  // Whoever makes room wakes us; a long queue is not read in vain.
  if (pause->paused || !has_room()) return;
  const auto ready = context_.queue.ready(now);
  if (!ready) return look_again(ready.error());
  bool again = false;
  for (const PipelineRun& run : startable(*ready)) {
    const auto free = std::find_if(engines_.begin(), engines_.end(),
                                   [](const Engine& engine) { return !engine.process; });
    if (free == engines_.end()) break;
    if (const Result<void> begun = begin(*free, run); !begun) {
      log_error(name_of(run) + " cannot be started: " + begun.error().message);
      again = true;
    }
  }
  again ? wake_in(kQueueRetry) : arm(now);
}

bool Engines::has_room() const {
  return !measuring() && std::any_of(engines_.begin(), engines_.end(),
                                     [](const Engine& engine) { return !engine.process; });
}

void Engines::look_again(const Error& error) {
  log_error("the queue cannot be read: " + error.message);
  wake_in(kQueueRetry);
}

// Retries have a time; everything else wakes us. `now`: up to then all was looked at.
void Engines::arm(WallTime now) {
  const auto due = context_.queue.next_due(now);
  if (!due) return wake_in(kQueueRetry);
  if (!*due) return;
  wake_in(std::max(std::chrono::ceil<Milliseconds>(**due - context_.now()), Milliseconds(0)));
}

void Engines::wake_in(Milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, alive = alive_](auto error) {
    if (!error && *alive) wake();
  });
}

Result<void> Engines::begin(Engine& engine, const PipelineRun& run) {
  const std::string attempts = context_.state_dir + "/attempts";
  // First, so that no attempt is open that has no place. Its name is the one that the queue gives.
  MELISAI_CHECK(make_directories(
      attempts + "/" + std::to_string(run.id) + "-" + std::to_string(run.attempts + 1),
      {.private_mode = true}));
  MELISAI_TRY(const auto attempt,
              context_.queue.begin_attempt(run.id, attempts, boot_id_, context_.now()));
  if (!attempt) return {};
  engine.run = run;
  engine.attempt = *attempt;
  engine.state = EngineState::running;
  context_.bus.publish({.type = EventType::workflow_started,
                        .source = "engines",
                        .run = name_of(run),
                        .pipeline = run.pipeline,
                        .engine = std::to_string(engine.number),
                        .message = "attempt " + std::to_string(attempt->number)});
  log_info(name_of(run) + " begins (" + run.sha.substr(0, 12) + ", attempt " +
           std::to_string(attempt->number) + ")");
  const auto ended = [this, &engine](const Result<Exit>& exit) { on_ended(engine, exit); };
  arm_ready(kBeforeReady);
  if (begin_ready(engine, ended)) return {};
  Command command = attempt_command(context_, engine.attempt.directory);
  command.argv.insert(command.argv.end(), {"--run", std::to_string(engine.run.id), "--directory",
                                           engine.attempt.directory});
  engine.process = std::make_unique<AttemptProcess>(
      context_.loop, context_.world.make_runner, std::move(command),
      AttemptProcess::Calls{.started =
                                [this, &engine](const ProcessTree& tree) {
                                  if (!note(engine, tree)) engine.process->stop();
                                },
                            .ended = ended});
  return {};
}

bool Engines::begin_ready(Engine& engine, std::function<void(Result<Exit>)> ended) {
  const std::unique_ptr<ReadyAttempt> ready = std::move(ready_);
  if (ready == nullptr) return false;
  const auto started = [this, &engine](const ProcessTree& tree) { tell_run(engine, tree); };
  auto taken =
      ready->take(engine.attempt.directory, {.started = started, .ended = std::move(ended)});
  if (!taken) return false;
  engine.process = std::move(taken->process);
  engine.task = std::move(taken->task);
  if (taken->tree) tell_run(engine, *taken->tree);
  return true;
}

// The FIFO stays open until the process has ended: see hand_over().
void Engines::tell_run(Engine& engine, const ProcessTree& tree) {
  if (!note(engine, tree)) return engine.process->stop();
  const auto told = hand_over(engine.task, {engine.run.id, engine.attempt.directory});
  if (told) return;
  log_error(name_of(engine.run) + ": " + told.error().message);
  engine.process->stop();
}

void Engines::arm_ready(Milliseconds delay) {
  ready_timer_.expires_after(delay);
  ready_timer_.async_wait([this, alive = alive_, is_old = delay == kReadyMax](auto error) {
    if (error || !*alive) return;
    if (is_old || (ready_ != nullptr && ready_->has_ended())) ready_.reset();
    prepare_ready();
  });
}

void Engines::prepare_ready() {
  if (stopping_ || !context_.world.keeps_ready) return;
  // What runs could read the secrets that a process has in its environment until it hides them, and
  // could be something that measures.
  for (const Engine& engine : engines_)
    if (engine.process) return;
  if (ready_ != nullptr) return arm_ready(kReadyMax);
  Command command = attempt_command(
      context_, ready_directory(context_.state_dir) + "/" + std::to_string(++ready_count_));
  command.argv.insert(command.argv.end(), {"--ready", command.cwd});
  command.timeout += kReadyMax;
  auto ready = ReadyAttempt::start(context_.loop, context_.world.make_runner, command);
  if (!ready) return log_warning("no run can be made ready for: " + ready.error().message);
  ready_ = *std::move(ready);
  arm_ready(kReadyMax);
}

Result<void> Engines::note(const Engine& engine, const ProcessTree& tree) {
  const auto noted = context_.queue.note_process(
      engine.attempt,
      {.pid = tree.root_pid, .start_time = start_time_of(tree.root_pid), .cgroup = tree.cgroup});
  if (!noted) {
    log_error(name_of(engine.run) +
              " ends before it began: the queue cannot be written: " + noted.error().message);
    return noted.error();
  }
  changed_();
  return {};
}

Result<std::vector<Attempt>> Engines::attempts_before(const Attempt& attempt) const {
  MELISAI_TRY(std::vector<Attempt> attempts, context_.queue.attempts(attempt.run));
  std::erase_if(attempts, [&](const Attempt& other) { return other.number >= attempt.number; });
  return attempts;
}

Result<store::AttemptEnd> Engines::end_with(const Engine& engine, const Result<Exit>& exit) const {
  MELISAI_TRY(std::vector<Attempt> earlier, attempts_before(engine.attempt));
  if (stopping_) {
    std::optional<store::AttemptEnd> left = result_in_time(engine.attempt);
    // It was asked to end; what failed may have been killed for it.
    return left && left->outcome != Outcome::failed ? *std::move(left)
                                                    : stopped_end(earlier, context_.now());
  }
  return end_of(engine.run,
                {.attempt = engine.attempt, .exit = exit, .earlier = std::move(earlier)},
                context_.config, context_.rng, context_.now());
}

void Engines::on_ended(Engine& engine, const Result<Exit>& exit) {
  const Result<store::AttemptEnd> end = end_with(engine, exit);
  const Result<Closed> closed =
      end ? close(engine.run, engine.attempt, *end) : Result<Closed>(end.error());
  if (!closed) {
    if (engine.state != EngineState::error)
      log_error("how " + name_of(engine.run) +
                " ended cannot be written to the queue: " + closed.error().message);
    // The next daemon reads it from what the attempt left.
    if (!stopping_) return write_again(engine, exit);
  }
  engine.process.reset();
  engine.task.reset();
  arm_ready(kBeforeReady);
  // Whoever cancels a run has its process killed, which is no fault of ours.
  const bool is_ours =
      !end || !closed || (end->outcome == Outcome::error && *closed != Outcome::cancelled);
  engine.state = stopping_ ? EngineState::stopped
                 : is_ours ? EngineState::error
                           : EngineState::idle;
  answer_stop();
  wake();
  changed_();
}

void Engines::write_again(Engine& engine, const Result<Exit>& exit) {
  engine.state = EngineState::error;
  auto timer = std::make_shared<boost::asio::steady_timer>(context_.loop, kQueueRetry);
  timer->async_wait([this, alive = alive_, &engine, exit, timer](auto) {
    if (*alive && engine.process) on_ended(engine, exit);
  });
}

Result<Engines::Closed> Engines::close(const PipelineRun& run, const Attempt& attempt,
                                       const store::AttemptEnd& end) {
  MELISAI_TRY(const auto released, context_.queue.end_attempt(attempt, end, context_.now()));
  // As the queue decided: a run that was cancelled meanwhile is not tried again.
  MELISAI_TRY(const PipelineRun closed, context_.queue.run(run.id));
  if (released) tell(closed);
  return closed.outcome;
}

void Engines::tell(const PipelineRun& run) {
  const bool again = !run.outcome.has_value();
  const bool good = run.outcome == Outcome::passed || run.outcome == Outcome::skipped;
  const std::string what = (again ? "is tried again" : std::string(to_string(*run.outcome))) +
                           (run.reason.empty() ? "" : ": " + run.reason);
  context_.bus.publish({.type = good ? EventType::workflow_completed : EventType::workflow_failed,
                        .severity = good    ? EventSeverity::info
                                    : again ? EventSeverity::warning
                                            : EventSeverity::error,
                        .source = "engines",
                        .run = name_of(run),
                        .pipeline = run.pipeline,
                        .message = what});
  good ? log_info(name_of(run) + ": " + what) : log_warning(name_of(run) + ": " + what);
}

void Engines::end_run(std::int64_t run) {
  for (Engine& engine : engines_)
    if (engine.process && engine.run.id == run) engine.process->stop();
}

Result<void> Engines::pause(const std::string& reason) {
  MELISAI_CHECK(context_.queue.set_paused(true, reason));
  log_warning("paused: " + reason);
  wake();
  return {};
}

Result<void> Engines::resume() {
  MELISAI_CHECK(context_.queue.set_paused(false, ""));
  log_info("resumed");
  wake();
  return {};
}

bool Engines::measuring() const {
  return std::any_of(engines_.begin(), engines_.end(),
                     [](const Engine& engine) { return engine.process && engine.run.exclusive; });
}

std::vector<EngineView> Engines::view() const {
  std::vector<EngineView> views;
  for (const Engine& engine : engines_)
    views.push_back({engine.number, engine.state, engine.process ? name_of(engine.run) : "",
                     engine.process ? std::optional(engine.attempt.started_at) : std::nullopt});
  return views;
}

}  // namespace melisai::serve
