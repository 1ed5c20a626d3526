// Orchestrator: one check from trigger to report. The only place that knows the order of the steps;
// read this first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base_commit.h"
#include "core/model/project.h"
#include "core/model/report.h"
#include "core/overrides.h"
#include "core/run/run.h"
#include "core/world.h"

namespace melisai {

struct Request {
  Overrides overrides;
  std::optional<std::uint64_t> seed;
  std::string output_dir;                ///< absolute
  std::string state_dir;                 ///< absolute
  std::string workspace;                 ///< absolute; where trees are built; "": state_dir
  bool keep = false;                     ///< keep checkouts and run outputs, and say where they are
  TreeLimits limits;                     ///< of each stage; never of what is timed
  Milliseconds quiet_wait{0};            ///< before anything is timed; 0: nobody looks
  Milliseconds lock_wait{0};             ///< for another process that writes to state_dir
  std::vector<std::string> plugin_dirs;  ///< absolute; collectors besides those of the installation

  const std::string& tree_dir() const { return workspace.empty() ? state_dir : workspace; }
};

struct CheckRequest : Request {
  std::string directory;  ///< absolute; in a work tree or a bare repository
  BaseChoice base;
  std::string base_otherwise;  ///< reference, when `base` names a stored run that is not there
  std::string head = "HEAD";   ///< or WORKTREE
  std::string config_file;     ///< absolute; "" : .melisai-gate.yaml of the head commit
  std::string only;            ///< glob, "" for all
  std::string project;         ///< name; "" : the pipeline file's, else the repository's
  std::vector<PipelineSpec> pipelines;  ///< not empty: instead of those of the pipeline file
  std::string branch;                   ///< "" : the one that is checked out, or what CI says
  bool trusted = true;                  ///< false: code of strangers, never becomes a baseline
  run::CommandLinePipelines commands;
};

/// Two commands, no git.
struct AbRequest : Request {
  std::string directory;  ///< absolute; where both run
  RunLine base;
  RunLine head;
  FormatSpec format;
};

struct Outcome {
  Report report;
  FailOn fail_on = FailOn::regression;
};

/// Both always return a report, also when a step failed or the user interrupted; it has been
/// written to output_dir when that is possible at all.
Outcome check(const CheckRequest& request, World& world);
Outcome compare(const AbRequest& request, World& world);

}  // namespace melisai
