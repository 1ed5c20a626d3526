// What `serve` works on: an event says that something happened to a project, each event starts
// runs (one pipeline on one commit), and every execution of a run is an attempt. Plain data; kept
// by core/store/queue.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai {

using WallTime = std::chrono::system_clock::time_point;

/// What a pull request (GitLab: merge request) is to the events that it starts.
struct Proposal {
  std::int64_t number = 0;
  std::string base;         ///< full name of the branch that it is for
  std::string author;       ///< as the forge calls them; "": not said
  std::string approved_by;  ///< who let strangers' code run, for people; "": nobody
  bool operator==(const Proposal&) const = default;
};
/// "pull request 7", which no branch can be called.
std::string name_of(const Proposal& proposal);

/// Why runs start.
struct RunEvent {
  enum class Kind {
    push,
    tag,
    cron,
    manual,
    custom,
    follow_up,  ///< of a run that went wrong
    pull_request
  };
  std::int64_t id = 0;
  Kind kind = Kind::push;
  std::string project;
  std::string ref;  ///< "refs/heads/main"; "" : the project's default branch
  /// What `ref` was before, "" when it is not known. Of a proposal that is planned: the commit
  /// where it left its base branch.
  std::string before;
  std::string sha;       ///< full hex; "" : the tip of `ref` when the event is planned
  std::string pipeline;  ///< the only one to run; "" : all that this kind of event starts
  std::map<std::string, std::string> params;
  std::string cause;  ///< for people: "push to main, seen by polling"
  /// Of what must happen once: "cron demo/nightly 2026-11-21T03:00:00Z". "" : may be repeated.
  std::string once;
  bool trusted = true;  ///< false: code of strangers
  WallTime received_at;
  /// That its commit is of, also when it is run again by hand.
  std::optional<Proposal> proposal = {};
  /// A run that this one repeats: stored workflows are as it kept them, whatever became of them.
  std::int64_t again = 0;
  bool operator==(const RunEvent&) const = default;
};
std::string_view to_string(RunEvent::Kind kind);

struct PipelineRun {
  enum class State {
    blocked,  ///< waits for the pipelines that it comes after
    queued,   ///< may start at `not_before`
    running,  ///< an attempt is open
    finished
  };
  /// How it ended, exactly once.
  enum class Outcome {
    passed,
    failed,  ///< the project's own build or tests
    regression,
    inconclusive,
    error,  ///< infrastructure: git, disk, a killed process ...
    cancelled,
    superseded,  ///< by a newer push or time of its schedule, before it began
    skipped      ///< its condition did not hold
  };
  /// An attempt took longer than the limits that people set, which changes nothing else.
  enum class Slow { no, warning, critical };
  std::int64_t id = 0;
  std::int64_t event = 0;
  std::string project;
  std::string pipeline;
  int number = 0;  ///< from 1, counted per project and pipeline
  std::string ref;
  std::string sha;
  std::vector<std::string> after;       ///< pipelines of the same event that must pass first
  std::vector<std::string> after_good;  ///< that must pass or be skipped first
  std::vector<std::string> after_end;   ///< that must end first, however they do
  std::string configuration;            ///< text of the pipeline file that rules it; pinned
  bool exclusive = false;               ///< it measures
  bool trusted = true;
  State state = State::queued;
  std::optional<Outcome> outcome;  ///< just when finished
  std::string reason;              ///< one sentence; of a queued run why it waits, "" : its turn
  int attempts = 0;                ///< begun so far
  bool cancel_requested = false;
  WallTime not_before;
  WallTime created_at;
  std::optional<WallTime> started_at;  ///< of the first attempt
  std::optional<WallTime> finished_at;
  std::optional<std::int64_t> report;  ///< the last attempt's run in store.db
  Slow slow = Slow::no;

  bool operator==(const PipelineRun&) const = default;
};
std::string_view to_string(PipelineRun::State state);
std::string_view to_string(PipelineRun::Outcome outcome);
std::string_view to_string(PipelineRun::Slow slow);  ///< "" for no

/// Stands in the name of a run that follows up another one: "build:fix". No pipeline has it.
inline constexpr char kFollowUpMark = ':';
inline bool is_follow_up(const PipelineRun& run) {
  return run.pipeline.find(kFollowUpMark) != std::string::npos;
}

/// "demo/build#12".
std::string name_of(const PipelineRun& run);

/// The same pipeline on the same commit once more, for `by`; `before` is the event of the run. When
/// is the caller's to say.
RunEvent run_again(const PipelineRun& run, const RunEvent& before, const std::string& by);

struct Attempt {
  std::int64_t run = 0;
  int number = 0;               ///< from 1
  std::string directory;        ///< absolute; job, logs and result of this attempt
  std::string boot_id;          ///< of the kernel that it began under
  std::int64_t pid = 0;         ///< 0 until its process has started
  std::int64_t start_time = 0;  ///< of that process: /proc/<pid>/stat, field 22, ticks since boot
  std::string cgroup;           ///< directory, "" without one
  WallTime started_at;
  std::optional<WallTime> ended_at;  ///< nothing while it is open
  std::optional<PipelineRun::Outcome> outcome;
  std::string reason;
  bool operator==(const Attempt&) const = default;
};

}  // namespace melisai
