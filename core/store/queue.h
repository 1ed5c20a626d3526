// Queue: what `serve` has accepted and how far it is, in STATE_DIR/queue.db (SQLite, WAL; every
// change survives a power cut before the call returns). The daemon is the only writer, readers need
// no lock. Every transition compares with the state that it leaves, so that of two that race (end
// and cancel, a poll and a webhook) exactly one happens. Used from one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/notice.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"
#include "core/store/pull_requests.h"

namespace melisai::store {

inline constexpr std::size_t kEventRunsMax = 200;  ///< runs of one event
/// Stands for the pipelines of a commit that says in no readable way which it has.
inline constexpr std::string_view kUnreadable = "configuration";

struct Accepted {
  std::int64_t event = 0;  ///< 0 for a duplicate
  bool waits = false;      ///< for approval
  bool duplicate() const { return event == 0; }
};

/// A run that an event starts; what the queue does not know by itself.
struct PlannedRun {
  std::string pipeline;
  std::vector<std::string> after;  ///< as of PipelineRun, like the next two
  std::vector<std::string> after_good{};
  std::vector<std::string> after_end{};
  bool exclusive = false;
  DurationLimits duration = {};
};

/// How runs end without having begun.
struct PlannedEnd {
  PipelineRun::Outcome outcome = PipelineRun::Outcome::failed;
  std::string reason;
};

struct Plan {
  std::string ref;
  std::string sha;            ///< full hex
  std::string before = "";    ///< as of RunEvent; "": as it is
  std::string configuration;  ///< text of the pipeline file
  std::vector<PlannedRun> runs;
  bool readable = true;  ///< false: they stand for pipelines that could not be made out
  std::optional<PlannedEnd> end = {};  ///< of those that wait for no other one: at once
};

/// What became of a plan.
struct Planned {
  std::vector<PipelineRun> runs;
  std::vector<PipelineRun> superseded;
};

struct OpenEvent {
  RunEvent event;
  int tries = 0;
  WallTime not_before;
};

struct AttemptEnd {
  PipelineRun::Outcome outcome = PipelineRun::Outcome::error;
  std::string reason;
  std::optional<std::int64_t> report;
  std::optional<WallTime> retry_at;  ///< the run goes back into the queue until then
};

/// Runs that an end released, cancelled or skipped, in the order in which it happened.
using Released = std::vector<PipelineRun>;

struct QueueFilter {
  std::string project;   ///< "" for all
  std::string pipeline;  ///< "" for all
  bool open = false;     ///< only those that are not finished
  std::size_t limit = 50;
  std::optional<PipelineRun::State> state = {};
  std::optional<PipelineRun::Outcome> outcome = {};
  std::int64_t before = 0;    ///< only runs with a smaller id; 0: all
  bool configuration = true;  ///< false: without the pinned text, for lists
};

/// What became of an event.
struct EventState {
  enum class Kind { open, planned, rejected } kind = Kind::open;
  std::string reason;  ///< why it waits or was rejected, "" otherwise
};

/// Seconds up to which the durations of finished runs are counted. What was counted of forgotten
/// runs has these bounds too: another one needs a migration.
inline constexpr std::array kDurationBuckets{1,   10,  30,   60,   120,  300,
                                             600, 900, 1200, 1800, 3600, 7200};

/// Pipelines of which runs are counted by name, for good: the first ones that were planned. All
/// others are counted together, because a name that was pushed is no reason to grow without an end.
inline constexpr int kPipelinesCounted = 200;
inline constexpr std::string_view kOtherPipelines = "other";  ///< their project and their pipeline

/// All runs of one pipeline that ended in one way, also those that are forgotten: it never falls.
struct RunTotals {
  std::string project;
  std::string pipeline;
  PipelineRun::Outcome outcome = PipelineRun::Outcome::passed;
  bool exclusive = false;  ///< it measured
  std::int64_t runs = 0;
  std::int64_t started = 0;  ///< of them; the rest has no duration
  double seconds = 0;        ///< of those that started, together
  std::array<std::int64_t, kDurationBuckets.size()> within = {};  ///< at most so many seconds
  bool operator==(const RunTotals&) const = default;
};

struct OpenTotals {
  std::int64_t blocked = 0;
  std::int64_t queued = 0;
  std::int64_t running = 0;
  std::int64_t events = 0;         ///< accepted, but not planned yet
  std::int64_t held = 0;           ///< accepted, and waiting for approval
  std::optional<WallTime> oldest;  ///< when what waits longest (queued or not planned) was accepted
};

/// A notice on its way to one sink.
struct Delivery {
  Notice notice;
  std::string sink;
  int tries = 0;  ///< that failed
  WallTime not_before;
};

struct DeliveryEnd {
  std::string problem;               ///< "": delivered
  std::optional<WallTime> retry_at;  ///< nothing: given up, when there is a problem
};

struct DeliveryCounts {
  int waiting = 0;
  int given_up = 0;
  std::string problem;  ///< of the newest that is not delivered
};

struct PausedPipeline {
  std::string project;
  std::string pipeline;
  std::string reason;
  WallTime since;
};

/// How much of what is over is kept.
struct QueueRetention {
  Milliseconds age_max{};  ///< since it was over
  int runs_min = 1;        ///< the newest of each pipeline stay longer; >= 1
};
inline constexpr std::size_t kForgottenAtOnceMax = 100;  ///< events

/// With what the reason of an event begins that could not be planned for too long.
inline constexpr std::string_view kGivenUp = "given up";
struct GivenUp {
  std::string project;
  std::string cause;
  std::string reason;
};

/// A workflow that came over the API and not with the configuration.
struct StoredWorkflow {
  std::string name;
  std::string text;  ///< as it was sent
  std::string changed_by;
  WallTime changed_at;
  std::int64_t revision = 0;  ///< another one after each change, also of another workflow
  bool operator==(const StoredWorkflow&) const = default;
};

struct RefState {
  std::string ref;
  std::string sha;
  bool operator==(const RefState&) const = default;
};

/// What is known of one ref of a repository.
struct KnownRef {
  bool repository = false;  ///< that any of its refs is known: it was looked at before
  std::string sha;          ///< last accepted or noted; "": the ref is not known
};

class Queue {
 public:
  /// Creates what is missing. The caller holds the daemon's lock. Errors: as Store::open_writer.
  static Result<Queue> open_writer(const std::string& state_dir);
  /// Nothing when there is none yet.
  static Result<std::optional<Queue>> open_reader(const std::string& state_dir);
  Queue(Queue&&) noexcept;
  Queue& operator=(Queue&&) noexcept;
  ~Queue();

  // Events. A duplicate is a push or tag whose ref is at that sha already, as far as was accepted,
  // a pull request that is open with that head for that base already, or an event whose `once` is
  // known, also from a duplicate; it starts nothing. A newer one of a pull request takes the place
  // of what still waits of it. Strangers' proposals wait for approve().
  Result<Accepted> accept(const RunEvent& event);
  /// Notes where refs are without running anything, and forgets those whose sha is "": their next
  /// appearance is news.
  Result<void> note_refs(const std::string& project, const std::vector<RefState>& refs,
                         WallTime now);
  /// Forgets a ref, and that it was said: not again for a `once` that is known. "" may be repeated.
  Result<void> note_deleted(const std::string& project, const std::string& ref,
                            const std::string& once, WallTime now);
  Result<std::vector<RefState>> refs(const std::string& project) const;
  Result<KnownRef> known_ref(const std::string& project, const std::string& ref) const;
  /// When the schedule of that pipeline was last accepted; nothing when it never was.
  Result<std::optional<WallTime>> last_cron(const std::string& project,
                                            const std::string& pipeline) const;
  /// Accepted, but not planned yet, and not waiting for approval; oldest first.
  Result<std::vector<OpenEvent>> open_events() const;
  /// The oldest of them whose time has come; of none of the `besides` projects.
  Result<std::optional<OpenEvent>> due_event(WallTime now,
                                             const std::set<std::string>& besides) const;
  /// Turns an open event into runs. A push takes the place of what older pushes to the same ref
  /// left queued, and a time of a schedule that of its older times of which nothing has begun,
  /// planned or not, and their place among those that are ready. Nothing when the event is not open
  /// any more. Errors: limit above kEventRunsMax.
  Result<std::optional<Planned>> plan(std::int64_t event, const Plan& plan, WallTime now);
  /// Planning failed, and is tried again then.
  Result<void> postpone(std::int64_t event, const std::string& reason, WallTime until);
  /// Planning failed for good; the reason stays with the event.
  Result<void> reject(std::int64_t event, const std::string& reason);

  /// Events that were rejected as kGivenUp, newest first.
  Result<std::vector<GivenUp>> given_up(std::size_t limit) const;

  // Pull requests.
  /// Nothing when none was ever accepted.
  Result<std::optional<PullRequest>> pull_request(const std::string& project,
                                                  std::int64_t number) const;
  Result<std::vector<PullRequest>> pull_requests(const PullRequestFilter& filter) const;
  /// It was closed or merged: what waits of it is cancelled. Not again for a `once` that is known.
  /// How many runs that were.
  Result<int> close_pull_request(const std::string& project, std::int64_t number,
                                 const std::string& once, WallTime now);
  /// Lets that head run. Errors: not_found; usage, when it is closed or has another head.
  Result<Approved> approve(const Approval& approval, WallTime now);
  /// False when its `once` is known.
  Result<bool> ask_approval(const ApprovalRequest& request);
  Result<std::vector<ApprovalRequest>> asked_approvals() const;  ///< not decided yet, oldest first
  /// Nothing when it was decided already.
  Result<std::optional<ApprovalOutcome>> end_approval(const ApprovalRequest& request,
                                                      const ApprovalEnd& end, WallTime now);
  /// What nobody approved since then is given up, and what is over since then forgotten.
  Result<void> forget_pull_requests(WallTime since);

  // Housekeeping.
  /// Events that are over with all their runs and that nothing needs: no open run or follow-up, no
  /// repetition that is to be planned, no notice on its way, no streak of a branch, no push that
  /// unseen_since() goes back to, no schedule. Oldest first, at most kForgottenAtOnceMax.
  Result<std::vector<std::int64_t>> forgettable(const QueueRetention& retention,
                                                WallTime now) const;
  /// With their runs, attempts and notices. Those that are not over after all stay.
  Result<void> forget_events(const std::vector<std::int64_t>& events);
  Result<std::vector<std::int64_t>> run_ids() const;  ///< ascending
  /// Of all that there ever were, also forgotten ones; 0: there was none.
  Result<std::int64_t> newest_run_id() const;

  // Runs.
  /// Queued runs whose time has come, those that wait longest first; without their pinned
  /// configuration.
  Result<std::vector<PipelineRun>> ready(WallTime now) const;
  /// When, after `now`, the next queued run or postponed event has its time; nothing without one.
  Result<std::optional<WallTime>> next_due(WallTime now) const;
  /// queued -> running, with a new attempt. Nothing when it is not queued any more.
  Result<std::optional<Attempt>> begin_attempt(std::int64_t run, const std::string& attempts_dir,
                                               const std::string& boot_id, WallTime now);
  struct ProcessId {
    std::int64_t pid = 0;
    std::int64_t start_time = 0;
    std::string cgroup;
  };
  /// False when that attempt is not open any more.
  Result<bool> note_process(const Attempt& attempt, const ProcessId& process);
  /// running -> finished, or queued again; then what comes after it. Nothing when that attempt is
  /// not open any more. A run whose cancellation was asked for is cancelled and not tried again.
  Result<std::optional<Released>> end_attempt(const Attempt& attempt, const AttemptEnd& end,
                                              WallTime now);
  /// queued -> finished. Nothing when it is not queued any more.
  Result<std::optional<Released>> finish_queued(std::int64_t run, PipelineRun::Outcome outcome,
                                                const std::string& reason, WallTime now);
  /// What has not begun is cancelled at once; of a running one true is returned, and its attempt is
  /// the caller's to end. False for a finished one.
  struct Cancelled {
    bool running = false;
    Released released;
  };
  Result<Cancelled> cancel(std::int64_t run, const std::string& reason, WallTime now);

  /// Survives a restart. Its end makes postponed times of schedules due, as resume_pipelines does.
  Result<void> set_paused(bool paused, const std::string& reason);
  struct Pause {
    bool paused = false;
    std::string reason;
  };
  Result<Pause> pause() const;

  // Pipelines of which nothing starts until they are resumed. Survive a restart.
  Result<void> pause_pipeline(const PausedPipeline& paused);
  /// How many were; "" stands for all projects, and for all pipelines.
  Result<int> resume_pipelines(const std::string& project, const std::string& pipeline);
  Result<std::vector<PausedPipeline>> paused_pipelines() const;

  // Workflows that are stored here; what they say is checked by whoever reads them.
  Result<std::vector<StoredWorkflow>> workflows() const;  ///< by name
  /// Takes the place of the one with `workflow.revision`, 0: of none. The new revision; nothing
  /// when another one (or, of 0, any) is there.
  Result<std::optional<std::int64_t>> store_workflow(const StoredWorkflow& workflow);
  /// False when it is not there with that revision.
  Result<bool> remove_workflow(const std::string& name, std::int64_t revision);

  // Notices. They are made in the transaction that finishes a run, or accepts what waits for
  // approval, by these rules, and delivered at least once to each sink.
  void set_notice_rules(NoticeRules rules);
  /// Tells of runs that take longer than their limits, but of none that measures: that has to wait.
  /// When it is to be called again; nothing: when a run has begun.
  Result<std::optional<WallTime>> tell_durations(WallTime now);
  /// Of each sink that many, oldest notice first, whether their time has come or not.
  Result<std::vector<Delivery>> waiting_deliveries(std::size_t limit) const;
  /// False when it was settled already.
  Result<bool> end_delivery(const Delivery& delivery, const DeliveryEnd& end);
  Result<DeliveryCounts> delivery_counts() const;

  /// Proves that the disk takes a write.
  Result<void> write_heartbeat(WallTime now);
  /// Reads the whole file, unless it is longer than that: SQLite cannot be stopped in between. From
  /// any thread. Errors: io, for a damaged file.
  static Result<void> look_for_damage(const std::string& state_dir, Bytes bytes_max);

  // Reading.
  Result<std::vector<PipelineRun>> runs(const QueueFilter& filter) const;  ///< newest first
  /// Those that went wrong (failed, regression, inconclusive) since then, in the order in which
  /// they ended; without their pinned configuration.
  Result<std::vector<PipelineRun>> gone_wrong_since(WallTime time) const;
  /// Errors: not_found, naming the newest run.
  Result<PipelineRun> run(std::int64_t id) const;
  Result<RunEvent> event(std::int64_t id) const;          ///< errors: not_found
  Result<EventState> event_state(std::int64_t id) const;  ///< errors: not_found
  Result<std::vector<PipelineRun>> runs_of_event(std::int64_t event) const;
  /// Those that have not ended; without their pinned configuration.
  Result<std::vector<PipelineRun>> open_runs_of_event(std::int64_t event) const;
  /// Of a run that a push started: the commit of its ref before the first push that the pipeline
  /// has not run to an end on. Pushes on which it was superseded, cancelled or skipped are not seen
  /// yet. "" when the ref did not exist before.
  Result<std::string> unseen_since(const PipelineRun& run) const;
  Result<std::vector<Attempt>> attempts(std::int64_t run) const;
  /// Of every run there ever was, so not for the loop's thread. By project, pipeline and outcome.
  Result<std::vector<RunTotals>> run_totals() const;
  Result<OpenTotals> open_totals() const;
  /// Of a daemon that died, when it is asked before the first begin_attempt.
  Result<std::vector<Attempt>> open_attempts() const;

 private:
  struct Body;
  explicit Queue(std::unique_ptr<Body> body);
  /// Inside a transaction. Errors: usage and not_found, when it comes too late.
  Result<Approved> grant(const Approval& approval, WallTime now);
  std::unique_ptr<Body> body_;
};

}  // namespace melisai::store
