#include "core/serve/housekeeper.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "core/base/files.h"
#include "core/base/log.h"

namespace melisai::serve {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::int64_t>> forgettable(const std::string& state_dir,
                                              const PersistenceOptions& options, WallTime now) {
  MELISAI_TRY(const std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  if (!queue) return std::vector<std::int64_t>{};
  return queue->forgettable({.age_max = options.keep, .runs_min = options.keep_runs}, now);
}

/// "12-1" is of run 12.
std::optional<std::int64_t> run_of(const std::string& directory) {
  std::int64_t run = 0;
  const char* const end = directory.data() + directory.size();
  const auto read = std::from_chars(directory.data(), end, run);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '-') return std::nullopt;
  return run;
}

}  // namespace

// A directory is there only after its run, so that the queue knows all runs of what was seen first.
Result<void> remove_attempts_of_nobody(const std::string& state_dir) {
  const std::string attempts = state_dir + "/attempts";
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator found(attempts, failed), end; !failed && found != end;
       found.increment(failed))
    names.push_back(found->path().filename().native());
  MELISAI_TRY(const std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  if (!queue) return {};
  MELISAI_TRY(const std::vector<std::int64_t> runs, queue->run_ids());
  Result<void> removed;
  for (const std::string& name : names) {
    const auto run = run_of(name);
    if (!run || std::binary_search(runs.begin(), runs.end(), *run)) continue;
    if (const auto done = remove_tree(attempts + "/" + name); !done && removed) removed = done;
  }
  return removed;
}

Housekeeper::Housekeeper(Context& context, std::function<bool()> measuring, TidyingTimes times)
    : context_(context), measuring_(std::move(measuring)), times_(times), timer_(context.loop) {}

Housekeeper::~Housekeeper() { *running_ = false; }

void Housekeeper::start(Done done) {
  running_ = std::make_shared<bool>(true);
  tidy_in(times_.first);
  done({});
}

void Housekeeper::stop(Done done) {
  *running_ = false;
  timer_.cancel();
  done({});
}

void Housekeeper::check(Checked done) {
  std::vector<supervise::Issue> issues;
  if (!problem_.empty()) issues.push_back({supervise::IssueSeverity::medium, problem_});
  done(std::move(issues));
}

void Housekeeper::tidy_in(Milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, running = running_](auto error) {
    if (!error && *running) tidy();
  });
}

// What can be forgotten is found beside the loop, because all runs have to be looked at; nothing
// that is over becomes needed meanwhile.
void Housekeeper::tidy() {
  if (measuring_()) return tidy_in(times_.gap);
  in_pool(
      context_,
      [state_dir = context_.state_dir, options = context_.config.orchestrator.persistence,
       now = context_.now()] { return forgettable(state_dir, options, now); },
      [this, running = running_](const Result<std::vector<std::int64_t>>& events) {
        if (*running) forget(events);
      });
}

void Housekeeper::forget(const Result<std::vector<std::int64_t>>& events) {
  if (!events) return settle(events.error());
  if (events->empty()) return remove_directories();
  if (const Result<void> done = context_.queue.forget_events(*events); !done) return settle(done);
  forgotten_ += events->size();
  tidy_in(times_.gap);
}

void Housekeeper::remove_directories() {
  in_pool(
      context_, [state_dir = context_.state_dir] { return remove_attempts_of_nobody(state_dir); },
      [this, running = running_](const Result<void>& removed) {
        if (*running) settle(removed);
      });
}

void Housekeeper::settle(const Result<void>& done) {
  if (forgotten_ > 0)
    log_info("forgot " + std::to_string(forgotten_) + " events that are long over");
  forgotten_ = 0;
  problem_ = done ? "" : "what is long over cannot be removed: " + done.error().message;
  if (!problem_.empty()) log_warning(problem_);
  tidy_in(times_.interval);
}

}  // namespace melisai::serve
