#include "core/serve/housekeeper.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/report/report.h"

namespace melisai::serve {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::int64_t>> forgettable(const std::string& state_dir,
                                              const PersistenceOptions& options, WallTime now) {
  MELISAI_TRY(const std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  if (!queue) return std::vector<std::int64_t>{};
  return queue->forgettable({.age_max = options.keep, .runs_min = options.keep_runs}, now);
}

/// "12-1", the first attempt of run 12, is of run 12. "2024-backup" is somebody else's.
std::optional<std::int64_t> run_of(const std::string& directory) {
  std::int64_t run = 0;
  int attempt = 0;
  const char* const end = directory.data() + directory.size();
  const auto first = std::from_chars(directory.data(), end, run);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, attempt);
  if (second.ec != std::errc() || second.ptr != end || run < 1 || attempt < 1) return std::nullopt;
  return directory == std::to_string(run) + "-" + std::to_string(attempt) ? std::optional(run)
                                                                          : std::nullopt;
}

/// Removes the last ones of `directories` until that time is over, at least one; the first problem.
Result<void> remove_some(std::vector<std::string>& directories, Milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  Result<void> removed;
  do {
    if (const auto done = remove_tree(directories.back()); !done && removed) removed = done;
    directories.pop_back();
  } while (!directories.empty() && std::chrono::steady_clock::now() < end);
  return removed;
}

}  // namespace

// A directory is there only after its run, so that the queue knows all runs of what was seen first.
Result<std::vector<std::string>> attempts_of_nobody(const std::string& state_dir) {
  const std::string attempts = state_dir + "/attempts";
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator found(attempts, failed), end; !failed && found != end;
       found.increment(failed))
    names.push_back(found->path().filename().native());
  MELISAI_TRY(const std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  std::vector<std::string> directories;
  if (!queue) return directories;
  MELISAI_TRY(const std::vector<std::int64_t> runs, queue->run_ids());
  MELISAI_TRY(const std::int64_t newest, queue->newest_run_id());
  for (const std::string& name : names) {
    const auto run = run_of(name);
    if (run && *run <= newest && !std::binary_search(runs.begin(), runs.end(), *run))
      directories.push_back(attempts + "/" + name);
  }
  return directories;
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
  if (events->empty()) {
    const Milliseconds age = context_.config.orchestrator.persistence.keep;
    if (const auto done = context_.queue.forget_pull_requests(context_.now() - age); !done)
      return settle(done);
    return find_directories();
  }
  if (measuring_()) return tidy_in(times_.gap);
  if (const Result<void> done = context_.queue.forget_events(*events); !done) return settle(done);
  forgotten_ += events->size();
  tidy_in(times_.gap);
}

void Housekeeper::find_directories() {
  in_pool(
      context_, [state_dir = context_.state_dir] { return attempts_of_nobody(state_dir); },
      [this, running = running_](Result<std::vector<std::string>> found) {
        if (!*running) return;
        if (!found) return settle(found.error());
        remove_directories(*std::move(found), {});
      });
}

// In turns: a benchmark that begins meanwhile waits for one of them and not for all.
void Housekeeper::remove_directories(std::vector<std::string> left, Result<void> so_far) {
  if (left.empty()) return settle(so_far);
  if (measuring_()) {
    timer_.expires_after(times_.gap);
    timer_.async_wait([this, running = running_, left = std::move(left), so_far](auto error) {
      if (!error && *running) remove_directories(left, so_far);
    });
    return;
  }
  struct Turn {
    std::vector<std::string> left;
    Result<void> removed;
  };
  in_pool(
      context_,
      [left = std::move(left), time = times_.turn]() mutable {
        Result<void> removed = remove_some(left, time);
        return Turn{.left = std::move(left), .removed = std::move(removed)};
      },
      [this, running = running_, so_far](Turn turn) {
        if (*running) remove_directories(std::move(turn.left), so_far ? turn.removed : so_far);
      });
}

void Housekeeper::settle(const Result<void>& done) {
  if (forgotten_ > 0)
    log_info("forgot " + report::count_of(static_cast<std::size_t>(forgotten_), "event") +
             " of long ago");
  forgotten_ = 0;
  problem_ = done ? "" : "what is long over cannot be removed: " + done.error().message;
  if (!problem_.empty()) log_warning(problem_);
  tidy_in(times_.interval);
}

}  // namespace melisai::serve
