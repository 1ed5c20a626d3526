#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/config.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/report/report.h"
#include "core/serve/commands.h"
#include "core/serve/control.h"
#include "core/serve/daemon_lock.h"
#include "core/serve/find_run.h"
#include "core/serve/run_json.h"

namespace melisai::serve {
namespace {

using Json = nlohmann::ordered_json;
using report::one_line;
using Waits = std::map<std::int64_t, std::string>;  // by run

constexpr Milliseconds kAnswerTimeout{5'000};  // runs can be shown without
constexpr std::size_t kAskedMax = 1'000;       // runs, in one line of the control socket
constexpr std::size_t kProposalsShown = 20;
constexpr std::size_t kRunsSearched = 10'000;  // for names
constexpr std::size_t kShaDigits = 10;

bool is_open(const PipelineRun& run) { return run.state != PipelineRun::State::finished; }

/// What those of `runs` that are not over wait for, as their daemon says. Of one that is of another
/// version, or busy, nothing is known.
Waits waits_of(const std::vector<PipelineRun>& runs, const std::string& state_dir) {
  Json ids = Json::array();
  for (const PipelineRun& run : runs)
    if (is_open(run) && ids.size() < kAskedMax) ids.push_back(run.id);
  Waits waits;
  if (ids.empty()) return waits;
  const Json question{{"command", "waits"}, {"runs", ids}};
  const Result<std::string> text = ask_daemon(state_dir, question.dump(), kAnswerTimeout);
  if (!text && text.error().code == Errc::not_found)
    for (const PipelineRun& run : runs)
      // One that was running does not wait: it is over, and the next daemon will find that.
      if (is_open(run) && run.state != PipelineRun::State::running)
        waits[run.id] = "`melisai-gate serve`: no daemon runs here";
  const Json answer = text ? Json::parse(*text, nullptr, false) : Json();
  if (!answer.is_object() || !answer.contains("waits") || !answer["waits"].is_object())
    return waits;
  for (const PipelineRun& run : runs)
    waits[run.id] = answer["waits"].value(std::to_string(run.id), "");
  return waits;
}

/// For a person: with the reason, what it waits for.
PipelineRun with_wait(PipelineRun run, const std::string& waits_for) {
  if (waits_for.empty()) return run;
  run.reason = "waits for " + waits_for + (run.reason.empty() ? "" : "; " + run.reason);
  return run;
}

Result<bool> has_runs(const PipelineRunsRequest& request, const store::Queue& queue) {
  MELISAI_TRY(const std::vector<PipelineRun> runs, queue.runs({.project = request.project,
                                                               .pipeline = request.pipeline,
                                                               .limit = 1,
                                                               .configuration = false}));
  return !runs.empty();
}

/// "demo/build" is build of demo, unless it is a step of a workflow that is called demo. Errors:
/// not_found for a pipeline that never ran, naming those that did.
Result<PipelineRunsRequest> as_named(PipelineRunsRequest request, const store::Queue& queue) {
  if (request.pipeline.empty()) return request;
  MELISAI_TRY(bool any, has_runs(request, queue));
  if (any) return request;
  PipelineRunsRequest apart = request;
  const std::size_t slash = request.pipeline.find('/');
  if (request.project.empty() && slash != std::string::npos) {
    apart.project = request.pipeline.substr(0, slash);
    apart.pipeline = request.pipeline.substr(slash + 1);
    MELISAI_TRY(any, has_runs(apart, queue));
    if (any) return apart;
  }
  MELISAI_TRY(
      const std::vector<PipelineRun> runs,
      queue.runs({.project = request.project, .limit = kRunsSearched, .configuration = false}));
  std::set<std::string> known;
  for (const PipelineRun& run : runs) known.insert(run.project + "/" + run.pipeline);
  const std::string no_run = "no run is of a pipeline " + in_quotes(request.pipeline);
  if (known.empty()) return Error{Errc::not_found, no_run + "; nothing has run yet"};
  return Error{
      Errc::not_found,
      no_run + suggestion(request.pipeline, std::vector<std::string>(known.begin(), known.end()),
                          "there are runs of")};
}

/// What will become runs, and is none yet.
Result<std::string> before_runs(const store::Queue& queue, const PipelineRunsRequest& request) {
  std::string text;
  MELISAI_TRY(const std::vector<store::OpenEvent> events, queue.open_events());
  for (const store::OpenEvent& open : events) {
    if (!request.project.empty() && open.event.project != request.project) continue;
    MELISAI_TRY(const store::EventState state, queue.event_state(open.event.id));
    text += "waiting to be planned: " + one_line(open.event.project) + ", " +
            one_line(open.event.cause) +
            (state.reason.empty() ? "" : ": " + one_line(state.reason)) + "\n";
  }
  MELISAI_TRY(const std::vector<store::PullRequest> proposals,
              queue.pull_requests({.waits = true, .limit = kProposalsShown}));
  for (const store::PullRequest& proposal : proposals) {
    if (!request.project.empty() && proposal.project != request.project) continue;
    const std::string number = std::to_string(proposal.number);
    text += "waiting for approval: " + one_line(proposal.project) + ", pull request " + number +
            ": `melisai-gate approve " + one_line(proposal.project) + " " + number + " " +
            one_line(proposal.sha) + "`\n";
  }
  return text;
}

std::string attempt_line(const Attempt& attempt) {
  return "attempt " + std::to_string(attempt.number) + ": " +
         (attempt.outcome ? std::string(to_string(*attempt.outcome)) : "running") + ", from " +
         utc_time(attempt.started_at) +
         (attempt.ended_at ? " to " + utc_time(*attempt.ended_at) : "") +
         (attempt.reason.empty() ? "" : ": " + one_line(attempt.reason)) + "\n";
}

std::string text_of(const PipelineRun& run, const std::string& waits_for,
                    const std::vector<Attempt>& attempts) {
  std::string text = one_line(name_of(run)) + ": " +
                     std::string(run.outcome ? to_string(*run.outcome) : to_string(run.state)) +
                     ", " + one_line(run.ref) + " at " + run.sha.substr(0, kShaDigits) +
                     ", created " + utc_time(run.created_at) + "\n";
  if (!waits_for.empty()) text += "waits for " + one_line(waits_for) + "\n";
  if (!run.reason.empty()) text += one_line(run.reason) + "\n";
  for (const Attempt& attempt : attempts) text += attempt_line(attempt);
  if (!attempts.empty())
    text += "what its stages wrote: `melisai-gate logs " + one_line(name_of(run)) + "`\n";
  return text;
}

Result<void> written(bool printed) {
  if (printed) return {};
  return cannot_print();
}

}  // namespace

bool has_queue(const std::string& state_dir) {
  const auto queue = store::Queue::open_reader(state_dir);
  return queue && queue->has_value();
}

Result<int> pipeline_runs(const PipelineRunsRequest& asked, const Print& print) {
  MELISAI_TRY(const store::Queue queue, open_queue(asked.state_dir));
  MELISAI_TRY(const PipelineRunsRequest request, as_named(asked, queue));
  MELISAI_TRY(std::vector<PipelineRun> runs, queue.runs({.project = request.project,
                                                         .pipeline = request.pipeline,
                                                         .limit = request.limit,
                                                         .configuration = false}));
  const auto daemon =
      has_daemon(request.state_dir) ? report::Daemon::running : report::Daemon::gone;
  for (PipelineRun& run : runs)
    if (daemon == report::Daemon::gone && run.state == PipelineRun::State::running)
      run.reason = kNoDaemon;
  Waits waits = waits_of(runs, request.state_dir);
  if (!request.json) {
    std::vector<PipelineRun> shown;
    for (const PipelineRun& run : runs) shown.push_back(with_wait(run, waits[run.id]));
    MELISAI_TRY(const std::string more, before_runs(queue, request));
    const std::string table =
        runs.empty() ? "no runs\n" : report::render_pipeline_runs(shown, daemon);
    MELISAI_CHECK(written(print(table + more)));
    return 0;
  }
  Json all = Json::array();
  for (const PipelineRun& run : runs) all.push_back(Json::parse(run_to_json(run, waits[run.id])));
  MELISAI_CHECK(written(print(all.dump(2) + "\n")));
  return 0;
}

Result<std::int64_t> stored_run(const std::string& run, const std::string& state_dir) {
  MELISAI_TRY(const store::Queue queue, open_queue(state_dir));
  MELISAI_TRY(const PipelineRun found, find_run(run, queue));
  if (found.report) return *found.report;
  return Error{Errc::not_found,
               name_of(found) +
                   " has no report: only what compares commits has one; `melisai-gate "
                   "show " +
                   name_of(found) + "` says how it went"};
}

Result<std::optional<std::int64_t>> show_pipeline_run(const ShowPipelineRun& request,
                                                      const Print& print) {
  MELISAI_TRY(const store::Queue queue, open_queue(request.state_dir));
  MELISAI_TRY(const PipelineRun run, find_run(request.run, queue));
  MELISAI_TRY(const std::vector<Attempt> attempts, queue.attempts(run.id));
  Waits waits = waits_of({run}, request.state_dir);
  const std::string text = request.json
                               ? Json::parse(run_to_json(run, waits[run.id])).dump(2) + "\n"
                               : text_of(run, waits[run.id], attempts);
  MELISAI_CHECK(written(print(text)));
  return request.json ? std::nullopt : run.report;
}

}  // namespace melisai::serve
