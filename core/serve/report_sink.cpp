#include "core/serve/report_sink.h"

#include <algorithm>
#include <charconv>

#include "core/acknowledged.h"
#include "core/api/buttons.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/secrets.h"
#include "core/base/text.h"
#include "core/gate/gate.h"
#include "core/serve/forge_access.h"
#include "core/serve/pinned.h"
#include "core/serve/pipeline_file.h"
#include "core/store/store.h"

namespace melisai::serve {
namespace {

using Outcome = PipelineRun::Outcome;

constexpr std::size_t kNewestLooked = 200;  // runs of the pipeline
constexpr std::size_t kContextNameMax = 40;
constexpr std::size_t kHashDigits = 8;
constexpr Milliseconds kStoreWait{2'000};
constexpr auto kAcceptedFor = std::chrono::days(90);
constexpr std::size_t kDateLength = 10;  // "2026-11-21"

bool is_same_subject(const PipelineRun& a, const PipelineRun& b) {
  return a.project == b.project && a.pipeline == b.pipeline && a.ref == b.ref && a.sha == b.sha;
}

/// What is told, and what it was started with.
struct Subject {
  PipelineRun run;
  Params params;
};

/// What a delayed notice would put over it is older than what is known by now. With other
/// parameters something else was measured.
Result<Subject> newest_like(const PipelineRun& run, const std::string& state_dir) {
  MELISAI_TRY(const std::optional<store::Queue> queue, store::Queue::open_reader(state_dir));
  if (!queue) return Error{Errc::config, "the queue that " + name_of(run) + " was in is not there"};
  MELISAI_TRY(const RunEvent event, queue->event(run.event));
  MELISAI_TRY(const std::vector<PipelineRun> runs,
              queue->runs({.project = run.project,
                           .pipeline = run.pipeline,
                           .limit = kNewestLooked,
                           .state = PipelineRun::State::finished,
                           .configuration = false}));
  for (const PipelineRun& other : runs) {
    if (!other.report || other.outcome == Outcome::cancelled || !is_same_subject(other, run))
      continue;
    MELISAI_TRY(const RunEvent started, queue->event(other.event));
    if (started.params != event.params) continue;
    MELISAI_TRY(PipelineRun whole, queue->run(other.id));
    return Subject{std::move(whole), event.params};
  }
  return Subject{run, event.params};
}

std::string hash_of(const std::string& text) { return hash_hex(text).substr(0, kHashDigits); }

std::string hash_of(const Params& params) {
  std::string text;
  for (const auto& [name, value] : params) text += name + '\0' + value + '\0';
  return hash_of(text);
}

Error gone(const std::string& what) {
  return {Errc::config, what + "; `gc` or persistence.keep may have removed it"};
}

std::string date_of(WallTime time) { return utc_time(time).substr(0, kDateLength); }

/// What the report says with the acknowledgements of today. Only a regression can be accepted.
Report with_acknowledgements(Report report, const PipelineRun& run, const store::Store& store,
                             WallTime now) {
  if (report.verdict != Verdict::regression) return report;
  acknowledge_slowdowns(report.benchmarks, store, run.project, run.sha, date_of(now));
  gate::conclude(report);
  return report;
}

Result<Report> report_of(const PipelineRun& run, const std::string& state_dir, WallTime now) {
  if (!run.report) return gone(name_of(run) + " has no report");
  MELISAI_TRY(const std::optional<store::Store> store, store::Store::open_reader(state_dir));
  if (!store) return gone("there is no store");
  Result<store::Run> stored = store->run(*run.report);
  if (!stored && stored.error().code == Errc::not_found) return gone(stored.error().message);
  if (!stored) return stored.error();
  if (!stored->report) return gone("the report of " + name_of(run) + " is not there");
  Report report = *std::move(stored->report);
  // A check that failed early knows no commit.
  if (!report.head.sha.empty() && report.head.sha != run.sha)
    return Error{Errc::config, "the report of " + name_of(run) + " is about another commit"};
  return with_acknowledgements(std::move(report), run, *store, now);
}

/// What `run` found slower, for its commit alone: another head is another decision. What is
/// accepted already, perhaps by what a kill has cut short, is not accepted again.
Result<void> accept(const PipelineRun& run, const std::string& reason, const Context& context) {
  const WallTime now = context.now();
  MELISAI_TRY(const Report report, report_of(run, context.state_dir, now));
  Result<store::Store> store = store::Store::open_writer(
      context.state_dir,
      {.command = "melisai-gate serve (ack)", .wait = kStoreWait, .interrupted = {}, .waiting = {}},
      now);
  if (!store && store.error().code == Errc::limit)
    return Error{Errc::unavailable, store.error().message};
  if (!store) return store.error();
  for (const BenchmarkResult& row : report.benchmarks) {
    if (row.decision != Decision::regressed || !row.confirmed || row.acknowledged) continue;
    const Acknowledgement accepted{.benchmark = row.name,
                                   .metric = row.metric.name,
                                   .until = date_of(now + kAcceptedFor),
                                   .reason = reason,
                                   .up_to = {}};
    const auto kept = store->acknowledge(run.project, accepted, utc_time(now), run.sha);
    if (!kept) return kept.error();
  }
  return {};
}

/// As the commit's file says it: a check that lets through what that file does not would be a lie.
FailOn fail_on_of(const PipelineRun& run, const Context& context) {
  const Result<Pinned> pinned = pinned_from_json(run.configuration);
  if (!pinned) return FailOn::regression;
  const auto read = run.trusted ? read_pipeline_file : read_pipeline_file_of_strangers;
  const Result<Project> project =
      read(pinned->pipeline_file, "(pipeline file of the run)", context.config, context.world.env);
  return project ? project->gate.fail_on : FailOn::regression;
}

publish::Content without_secrets(publish::Content content) {
  for (std::string* text :
       {&content.comment, &content.check.title, &content.check.summary, &content.status_text})
    *text = masked(std::move(*text));
  for (report::Annotation& each : content.check.annotations) {
    each.title = masked(std::move(each.title));
    each.message = masked(std::move(each.message));
  }
  return content;
}

publish::Content content_of(const Subject& subject, const Report& report, const Context& context) {
  const PipelineRun& run = subject.run;
  using Sandbox = UntrustedOptions::Sandbox;
  const report::CommentContext how{
      .name = context_of(run, subject.params),
      .is_word_of_strangers =
          !run.trusted && context.config.orchestrator.untrusted.sandbox == Sandbox::off};
  return publish::content_of(report, how, fail_on_of(run, context));
}

/// Only apps are told who presses one.
std::vector<std::pair<std::string, std::string>> buttons_of(const Report& report,
                                                            const WatchedProject& project) {
  if (project.forge->app.id.empty()) return {};
  std::vector<std::pair<std::string, std::string>> buttons{
      {std::string(api::kMeasureAgain), "Measure again"}};
  if (report.verdict == Verdict::regression)
    buttons.emplace_back(api::kAccept, "Accept the slowdown");
  return buttons;
}

publish::Place place_of(const PipelineRun& run, const Report& report, const Notice& notice,
                        const WatchedProject& project) {
  publish::Place place{.sha = run.sha};
  place.id = api::check_run_id(run.id, publication_of(notice));
  place.buttons = buttons_of(report, project);
  const std::int64_t number = pull_request_in(run.ref);
  if (number != 0 && project.forge->publish == ForgeAccess::Publish::comment)
    place.pull_requests.push_back(number);
  return place;
}

/// One error of all: whether trying again may help, and what went wrong.
Result<void> settled(const publish::Outcome& outcome) {
  if (outcome.failed.empty()) return {};
  Error error{Errc::config, ""};
  for (const Error& each : outcome.failed) {
    const bool is_final = each.code == Errc::config || each.code == Errc::not_found;
    if (!is_final) error.code = each.code;
    error.message += (error.message.empty() ? "" : "; ") + each.message;
  }
  return error;
}

}  // namespace

std::string report_sink_of(const std::string& project) { return "forge of " + project; }

std::string context_of(const PipelineRun& run, const Params& params) {
  std::string name = run.pipeline + (pull_request_in(run.ref) == 0 ? ".commit" : "") +
                     (params.empty() ? "" : ".with_" + hash_of(params));
  if (name.size() <= kContextNameMax && report::is_context_name(name) &&
      !name.starts_with(kApprovalContext))
    return name;
  const std::string hash = hash_of(name);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !report::is_context_name({&c, 1}) || c == '-';
      },
      '_');
  return name.substr(0, kContextNameMax) + "." + hash;
}

std::int64_t pull_request_in(const std::string& ref) {
  constexpr std::string_view kEnd = "/head";
  for (const std::string_view start : {"refs/pull/", "refs/merge-requests/"}) {
    if (!ref.starts_with(start) || !ref.ends_with(kEnd)) continue;
    std::int64_t number = 0;
    const char* const first = ref.data() + start.size();
    const char* const last = ref.data() + ref.size() - kEnd.size();
    if (first >= last) return 0;
    const auto [end, error] = std::from_chars(first, last, number);
    return error == std::errc{} && end == last && number > 0 ? number : 0;
  }
  return 0;
}

std::int64_t publication_of(const Notice& notice) {
  constexpr std::int64_t kInOneMillisecond = 1'000;
  return notice.at.time_since_epoch() / Milliseconds(1) * kInOneMillisecond +
         notice.id % kInOneMillisecond;
}

Result<void> put_on_forge(const std::string& about, const publish::Place& place,
                          const publish::Content& content, const WatchedProject& project,
                          const Context& context, const Interrupt& interrupt) {
  MELISAI_TRY(const std::unique_ptr<HttpClient> client, context.world.open_web());
  const publish::Outside outside{
      .client = *client, .clock = context.world.clock, .interrupt = interrupt};
  const Milliseconds deadline = context.config.notify.timeout;
  const std::chrono::nanoseconds end = context.world.clock.monotonic() + deadline;
  MELISAI_TRY(const forge::Account account, log_in(project, outside, deadline));
  const auto left = std::chrono::duration_cast<Milliseconds>(end - context.world.clock.monotonic());
  const publish::Outcome outcome =
      publish::publish(account, place, without_secrets(content), outside, left);
  for (const std::string& done : outcome.done) log_info(about + ": " + done);
  return settled(outcome);
}

Result<void> publish_report(const Notice& notice, const WatchedProject& project,
                            const Context& context, const Interrupt& interrupt) {
  if (notice.event == Notice::Event::accepted)
    MELISAI_CHECK(accept(notice.run, notice.reason, context));
  MELISAI_TRY(const Subject subject, newest_like(notice.run, context.state_dir));
  const PipelineRun& run = subject.run;
  MELISAI_TRY(const Report report, report_of(run, context.state_dir, context.now()));
  return put_on_forge(name_of(run), place_of(run, report, notice, project),
                      content_of(subject, report, context), project, context, interrupt);
}

}  // namespace melisai::serve
