// What the ways to run a pipeline for `serve` share.
#pragma once

#include <utility>
#include <vector>

#include "core/pipeline.h"

namespace melisai {

/// The pipelines that come before the asked one, and it, with the parameters in their environment.
/// Errors: config.
Result<std::vector<PipelineSpec>> chain_of(const PipelineRequest& request);

/// A command on the request's commit, with everything that CheckRequest and BisectRequest share.
template <class Command>
Command command_on(const PipelineRequest& request, std::vector<PipelineSpec> chain) {
  Command command;
  command.directory = request.repository;
  command.project = request.project.name;
  command.config_file = request.config_file;
  command.pipelines = std::move(chain);
  command.state_dir = request.state_dir;
  command.output_dir = request.output_dir;
  command.workspace = request.workspace;
  command.limits = request.limits;
  command.quiet_wait = request.quiet_wait;
  command.lock_wait = request.lock_wait;
  return command;
}

/// Whose fault a reason is decides what happens next: the project's own failures are not tried
/// again, ours are.
PipelineRun::Outcome outcome_of(ReasonCode code);

}  // namespace melisai
