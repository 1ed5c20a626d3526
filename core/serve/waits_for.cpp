#include "core/serve/waits_for.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/serve/run_json.h"

namespace melisai::serve {
namespace {

using State = PipelineRun::State;
using Names = std::vector<std::string>;

constexpr std::size_t kNamesMax = 3;
constexpr std::size_t kRunningMax = 1'000;  // there are fewer engines

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "demo/build#1, demo/test#1 and 2 more".
std::string listed(const Names& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesMax)
    text += " and " + std::to_string(names.size() - kNamesMax) + " more";
  return text;
}

std::string in_brackets(const std::string& text) { return text.empty() ? "" : " (" + text + ")"; }

}  // namespace

std::string WaitsFor::of(const PipelineRun& run) {
  Result<std::string> text = std::string();
  if (run.state == State::blocked) text = of_blocked(run);
  if (run.state == State::queued) text = of_queued(run);
  if (run.state == State::running) text = of_running(run);
  return text ? *text : "";
}

Result<std::string> WaitsFor::of_blocked(const PipelineRun& run) {
  auto siblings = open_of_event_.find(run.event);
  if (siblings == open_of_event_.end()) {
    MELISAI_TRY(std::vector<PipelineRun> open, queue_.open_runs_of_event(run.event));
    siblings = open_of_event_.emplace(run.event, std::move(open)).first;
  }
  Names to_pass;
  Names to_end;
  for (const PipelineRun& other : siblings->second) {
    if (other.id == run.id) continue;
    if (contains(run.after, other.pipeline) || contains(run.after_good, other.pipeline))
      to_pass.push_back(name_of(other));
    else if (contains(run.after_end, other.pipeline))
      to_end.push_back(name_of(other));
  }
  std::string text;
  if (!to_pass.empty()) text = listed(to_pass) + " to pass";
  if (!to_end.empty()) text += (text.empty() ? "" : ", and ") + listed(to_end) + " to end";
  return text;
}

Result<WaitsFor::View> WaitsFor::look() const {
  View view;
  MELISAI_TRY(view.pause, queue_.pause());
  MELISAI_TRY(view.paused, queue_.paused_pipelines());
  MELISAI_TRY(view.running,
              queue_.runs({.limit = kRunningMax, .state = State::running, .configuration = false}));
  MELISAI_TRY(view.ready, queue_.ready(now_));
  return view;
}

Result<std::string> WaitsFor::of_queued(const PipelineRun& run) {
  if (!view_) {
    MELISAI_TRY(view_, look());
  }
  if (view_->pause.paused)
    return "`melisai-gate resume`: everything is paused" + in_brackets(view_->pause.reason);
  for (const store::PausedPipeline& paused : view_->paused)
    if (paused.project == run.project && paused.pipeline == run.pipeline)
      return "`melisai-gate resume " + run.pipeline + " --project " + run.project +
             "`: it is paused" + in_brackets(paused.reason);
  if (run.not_before > now_) return "its next attempt at " + utc_time(run.not_before);
  const auto hindrance = hindrance_of(run.id, view_->ready, view_->running, rules_);
  return hindrance ? in_words(*hindrance) : "";
}

std::string WaitsFor::in_words(const Hindrance& hindrance) const {
  const std::string other = name_of(hindrance.other);
  switch (hindrance.kind) {
    case Hindrance::Kind::measures: return other + " to end, which measures alone";
    case Hindrance::Kind::has_to_be_alone: return other + " to end, because it measures alone";
    case Hindrance::Kind::is_behind: return other + ", which is older and measures alone";
    case Hindrance::Kind::repeats: return other + " to end, the same pipeline on the same commit";
    case Hindrance::Kind::no_engine: break;
  }
  if (!rules_.parallel) return other + " to end (optimization.parallel_execution is false)";
  return "a free engine (max_parallel_pipelines: " + std::to_string(rules_.engines) + ")";
}

// Written by the attempt's own process, so that it is only text.
Result<std::string> WaitsFor::of_running(const PipelineRun& run) const {
  MELISAI_TRY(const std::vector<Attempt> attempts, queue_.attempts(run.id));
  if (attempts.empty() || attempts.back().ended_at) return std::string();
  const Result<std::string> said =
      read_file(attempts.back().directory + "/" + kWaitsForFile, static_cast<Bytes>(kWaitsForMax));
  return said ? *said : "";
}

WaitsFor waits_in(const Context& context) {
  const OrchestratorOptions& options = context.config.orchestrator;
  return {context.queue,
          {.engines = static_cast<std::size_t>(options.pipelines_max),
           .parallel = options.optimization.parallel_execution},
          context.now()};
}

std::vector<std::string> runs_to_json(const std::vector<PipelineRun>& runs, WaitsFor waits) {
  std::vector<std::string> texts;
  for (const PipelineRun& run : runs) texts.push_back(run_to_json(run, waits.of(run)));
  return texts;
}

}  // namespace melisai::serve
