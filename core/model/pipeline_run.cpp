#include "core/model/pipeline_run.h"

namespace melisai {

std::string_view to_string(RunEvent::Kind kind) {
  switch (kind) {
    case RunEvent::Kind::push: return "push";
    case RunEvent::Kind::tag: return "tag";
    case RunEvent::Kind::cron: return "cron";
    case RunEvent::Kind::manual: return "manual";
    case RunEvent::Kind::custom: return "custom";
    case RunEvent::Kind::follow_up: return "follow_up";
    case RunEvent::Kind::pull_request: return "pull_request";
  }
  return "";
}

std::string_view to_string(PipelineRun::State state) {
  switch (state) {
    case PipelineRun::State::blocked: return "blocked";
    case PipelineRun::State::queued: return "queued";
    case PipelineRun::State::running: return "running";
    case PipelineRun::State::finished: return "finished";
  }
  return "";
}

std::string_view to_string(PipelineRun::Outcome outcome) {
  switch (outcome) {
    case PipelineRun::Outcome::passed: return "passed";
    case PipelineRun::Outcome::failed: return "failed";
    case PipelineRun::Outcome::regression: return "regression";
    case PipelineRun::Outcome::inconclusive: return "inconclusive";
    case PipelineRun::Outcome::error: return "error";
    case PipelineRun::Outcome::cancelled: return "cancelled";
    case PipelineRun::Outcome::superseded: return "superseded";
    case PipelineRun::Outcome::skipped: return "skipped";
  }
  return "";
}

std::string_view to_string(PipelineRun::Slow slow) {
  switch (slow) {
    case PipelineRun::Slow::no: return "";
    case PipelineRun::Slow::warning: return "warning";
    case PipelineRun::Slow::critical: return "critical";
  }
  return "";
}

std::string name_of(const Proposal& proposal) {
  return "pull request " + std::to_string(proposal.number);
}

std::string name_of(const PipelineRun& run) {
  return run.project + "/" + run.pipeline + "#" + std::to_string(run.number);
}

RunEvent run_again(const PipelineRun& run, const RunEvent& before, const std::string& by) {
  RunEvent event;
  event.kind = RunEvent::Kind::manual;
  event.project = run.project;
  // A step of a workflow is started by the workflow alone.
  event.pipeline = run.pipeline.substr(0, run.pipeline.find('/'));
  event.ref = run.ref;
  event.sha = run.sha;
  event.params = before.params;
  event.trusted = run.trusted;
  event.proposal = before.proposal;
  if (event.proposal) event.proposal->approved_by = by;
  event.again = run.id;
  event.cause = name_of(run) + " again, by " + by;
  if (event.pipeline != run.pipeline)
    event.cause += ", its workflow as it was then if it is a stored one";
  return event;
}

}  // namespace melisai
