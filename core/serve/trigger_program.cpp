#include "core/serve/trigger_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/serve/trigger_events.h"

namespace melisai::serve {
namespace {

using namespace std::chrono_literals;
using trigger::CustomTriggerReader;

constexpr Milliseconds kRestartFirst{1'000};
constexpr Milliseconds kRestartMax{300'000};
constexpr int kDoublingsMax = 10;  // beyond kRestartMax
constexpr auto kRanWell = 60s;
constexpr int kQuickEndsTolerated = 3;
constexpr std::size_t kWaitingMax = 100;  // events of one trigger that are to be planned now
constexpr auto kTryAgain = 5s;            // when the queue takes nothing
constexpr auto kFloodPause = 1s;          // a pipe holds 64 KiB; its writer waits
constexpr int kLoggedPerMinute = 5;
constexpr Bytes kOutputMax = 1 << 20;  // of its standard error
constexpr Bytes kTail = 500;
constexpr Milliseconds kLifetimeMax{365LL * 24 * 3'600'000};  // then it is started again
// Standard output is the FIFO; all else is as melisai-gate-exec has it.
constexpr const char* kIntoFifo = "fifo=$1; shift; exec \"$@\" >\"$fifo\"";

}  // namespace

Milliseconds restart_delay(int quick_ends) {
  const int doublings = std::clamp(quick_ends - 1, 0, kDoublingsMax);
  return std::min(kRestartFirst * (1 << doublings), kRestartMax);
}

TriggerProgram::TriggerProgram(Context& context, const CustomTrigger& trigger,
                               std::function<void()> accepted)
    : context_(context),
      trigger_(trigger),
      accepted_(std::move(accepted)),
      fifo_(context.loop),
      restart_timer_(context.loop),
      read_timer_(context.loop) {
  const auto& projects = context.config.projects;
  const auto found =
      std::find_if(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == trigger.project; });
  if (found != projects.end()) project_ = &*found;
}

void TriggerProgram::start(Done done) {
  if (project_ == nullptr)
    return done(Error{Errc::config, "trigger " + trigger_.name + " has no project"});
  if (const Result<void> opened = open_fifo(); !opened) return done(opened.error());
  running_ = std::make_shared<bool>(true);
  quick_ends_ = 0;
  launch();
  done({});
}

Result<void> TriggerProgram::open_fifo() {
  MELISAI_CHECK(make_directories(directory(), {.private_mode = true}));
  const std::string path = directory() + "/lines";
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return error_from_errno(errno, path);
  if (mkfifo(path.c_str(), 0600) != 0) return error_from_errno(errno, path);
  // Also to write, so that it does not end when the program does.
  const int fd = open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return error_from_errno(errno, path);
  fifo_.assign(fd);
  return {};
}

void TriggerProgram::launch() {
  state_ = State::running;
  reader_ = std::make_unique<CustomTriggerReader>(trigger_.name);
  process_ended_ = false;
  started_ = context_.world.clock.monotonic();
  ++counts_.starts;
  process_ = std::make_unique<AttemptProcess>(
      context_.loop, context_.world.make_runner, command(),
      AttemptProcess::Calls{.started = [](const ProcessTree&) {},
                            .ended = [this](const Result<Exit>& exit) { on_ended(exit); }});
  listen();
}

Command TriggerProgram::command() const {
  Command command;
  command.argv = {"/bin/sh", "-c", kIntoFifo, "sh", directory() + "/lines"};
  command.argv.insert(command.argv.end(), trigger_.argv.begin(), trigger_.argv.end());
  command.env = context_.world.environment;
  for (const auto& [name, value] :
       {std::pair{"MELISAI_TRIGGER=", trigger_.name}, {"MELISAI_PROJECT=", trigger_.project}}) {
    std::erase_if(command.env,
                  [&](const std::string& variable) { return variable.starts_with(name); });
    command.env.push_back(name + value);
  }
  command.cwd = directory();
  command.stdout_file = command.stderr_file = directory() + "/errors.log";
  command.output_max = kOutputMax;
  command.timeout = kLifetimeMax;
  return command;
}

void TriggerProgram::stop(Done done) {
  if (running_) *running_ = false;
  restart_timer_.cancel();
  read_timer_.cancel();
  listening_ = false;
  stopped_ = std::move(done);
  if (process_) return process_->stop();
  fifo_.close();
  state_ = State::stopped;
  std::exchange(stopped_, nullptr)({});
}

void TriggerProgram::on_ended(const Result<Exit>& exit) {
  counts_.problem = exit && exit->ok() ? "" : how_it_ended(exit);
  const bool quick = context_.world.clock.monotonic() - started_ < kRanWell;
  quick_ends_ = quick ? quick_ends_ + 1 : 1;
  process_.reset();
  process_ended_ = true;
  if (!*running_) {
    // What it said before it was stopped counts; the FIFO holds little.
    while (read_part()) continue;
    if (!accept_pending()) log_warning(trigger_.name + ": its last lines are lost");
    counts_.problem.clear();
    return stop(std::exchange(stopped_, nullptr));
  }
  if (!counts_.problem.empty()) log_warning(cause_of(trigger_) + " ended: " + counts_.problem);
  if (!listening_) return;  // pump() comes by itself
  listening_ = false;
  fifo_.cancel();
  pump();
}

/// After the last line of a program that has ended.
void TriggerProgram::conclude() {
  note(reader_->finish(context_.world.clock.monotonic()));
  if (!accept_pending()) return pause_reading(kTryAgain);
  process_ended_ = false;
  dropped_before_ += reader_->dropped();
  reader_.reset();
  if (!trigger_.restart) {
    state_ = State::ended;
    return;
  }
  state_ = State::waiting;
  restart_timer_.expires_after(restart_delay(quick_ends_));
  restart_timer_.async_wait([this, running = running_](auto error) {
    if (!error && *running) launch();
  });
}

void TriggerProgram::listen() {
  listening_ = true;
  fifo_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [this, running = running_](auto error) {
                     if (error || !*running || !listening_) return;
                     listening_ = false;
                     pump();
                   });
}

void TriggerProgram::pause_reading(std::chrono::nanoseconds time) {
  read_timer_.expires_after(time);
  read_timer_.async_wait([this, running = running_](auto error) {
    if (!error && *running) pump();
  });
}

/// One part at a time, so that a flood leaves the loop to others.
void TriggerProgram::pump() {
  if (!accept_pending()) return pause_reading(kTryAgain);
  const std::uint64_t dropped = reader_->dropped();
  if (read_part())
    return pause_reading(reader_->dropped() == dropped ? std::chrono::nanoseconds(0) : kFloodPause);
  if (process_ended_) return conclude();
  listen();
}

/// False when there is nothing to read.
bool TriggerProgram::read_part() {
  std::array<char, 64 << 10> part;
  const ssize_t size = read(fifo_.native_handle(), part.data(), part.size());
  if (size <= 0) return false;
  note(reader_->add({part.data(), static_cast<std::size_t>(size)},
                    context_.world.clock.monotonic()));
  return true;
}

void TriggerProgram::note(const Result<CustomTriggerReader::Batch>& batch) {
  if (!batch) {
    // A line without an end: nothing after it can be told apart.
    refuse(batch.error());
    dropped_before_ += reader_->dropped();
    reader_ = std::make_unique<CustomTriggerReader>(trigger_.name);
    if (process_) process_->stop();
    return;
  }
  for (const Error& error : batch->errors) refuse(error);
  pending_.insert(pending_.end(), batch->firings.begin(), batch->firings.end());
}

/// False when something has to wait.
bool TriggerProgram::accept_pending() {
  while (!pending_.empty()) {
    const Result<bool> may = may_accept(pending_.front());
    const Result<void> accepted =
        may ? *may ? accept(pending_.front()) : Result<void>() : Result<void>(may.error());
    if (!accepted) log_error("the queue cannot be written: " + accepted.error().message);
    if (!accepted || !*may) return false;
    pending_.pop_front();
  }
  return true;
}

Result<bool> TriggerProgram::may_accept(const trigger::CustomFiring& firing) const {
  if (trigger_.commits && firing.pipeline.empty()) {
    // Before the first sight of the repository this would make all its other branches new.
    MELISAI_TRY(const std::vector<store::RefState> refs, context_.queue.refs(trigger_.project));
    if (refs.empty()) return false;
  }
  if (!*running_) return true;  // what has to wait now is lost
  return has_room();
}

Result<bool> TriggerProgram::has_room() const {
  MELISAI_TRY(const std::vector<store::OpenEvent> open, context_.queue.open_events());
  const auto mine =
      std::count_if(open.begin(), open.end(), [this](const store::OpenEvent& waiting) {
        return waiting.event.project == trigger_.project &&
               waiting.event.cause == cause_of(trigger_) &&
               (waiting.tries == 0 || waiting.not_before <= context_.now());
      });
  return static_cast<std::size_t>(mine) < kWaitingMax;
}

Result<void> TriggerProgram::accept(const trigger::CustomFiring& firing) {
  Result<RunEvent> event = event_of(firing, trigger_, *project_, context_.now());
  if (!event) {
    refuse(event.error());
    return {};
  }
  if (event->pipeline.empty()) {
    MELISAI_TRY(const std::vector<store::RefState> refs, context_.queue.refs(project_->name));
    for (const store::RefState& ref : refs)
      if (ref.ref == event->ref) event->before = ref.sha;
  }
  MELISAI_TRY(const store::Accepted done, context_.queue.accept(*event));
  if (done.duplicate()) {
    ++counts_.duplicates;
    return {};
  }
  ++counts_.accepted;
  log_info(project_->name + ": " + event->cause +
           (event->pipeline.empty() ? "" : " starts " + event->pipeline));
  accepted_();
  return {};
}

void TriggerProgram::refuse(const Error& error) {
  ++counts_.refused;
  const auto now = context_.world.clock.monotonic();
  if (now - logged_since_ >= 1min) {
    logged_since_ = now;
    logged_ = 0;
  }
  if (logged_++ < kLoggedPerMinute) log_warning("a line does not count: " + error.message);
}

std::string TriggerProgram::how_it_ended(const Result<Exit>& exit) const {
  if (!exit) return exit.error().message;
  std::string last = file_tail(directory() + "/errors.log", kTail);
  while (!last.empty() && last.back() == '\n') last.pop_back();
  last = last.substr(last.rfind('\n') == std::string::npos ? 0 : last.rfind('\n') + 1);
  return describe(*exit, kLifetimeMax) + (last.empty() ? "" : ": " + last);
}

void TriggerProgram::check(Checked done) {
  using supervise::Issue;
  using supervise::IssueSeverity;
  std::vector<Issue> issues;
  const std::string why = counts_.problem.empty() ? "" : ": " + counts_.problem;
  if (quick_ends_ >= kQuickEndsTolerated)
    issues.push_back({IssueSeverity::medium, cause_of(trigger_) + " ends again and again" + why});
  else if (state_ == State::ended && !why.empty())
    issues.push_back({IssueSeverity::medium, cause_of(trigger_) + " has ended" + why});
  if (!pending_.empty())
    issues.push_back({IssueSeverity::medium,
                      cause_of(trigger_) + " waits: the queue takes no more of its lines"});
  done(std::move(issues));
}

TriggerView TriggerProgram::view() const {
  TriggerView view = counts_;
  view.name = trigger_.name;
  view.project = trigger_.project;
  view.dropped = dropped_before_ + (reader_ ? reader_->dropped() : 0);
  switch (state_) {
    case State::stopped: view.state = "stopped"; break;
    case State::running: view.state = "running"; break;
    case State::waiting: view.state = "waiting"; break;
    case State::ended: view.state = "ended"; break;
  }
  return view;
}

}  // namespace melisai::serve
