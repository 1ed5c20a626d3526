// Plan: which pipelines a check runs, on which side, in which order. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai::run {

struct Plan {
  std::vector<PipelineSpec>
      both_sides;  ///< what benchmarks need: built on base and on head, in this order
  std::vector<PipelineSpec> head_only;  ///< the rest (tests): on head, before measuring
  std::vector<PipelineSpec>
      after_gate;  ///< what follows a benchmark pipeline: on head, only after a pass
  std::vector<BenchmarkSpec> benchmarks;  ///< with the environment of their pipeline merged in
};

/// Takes what is reachable from on_commit; on_tag, cron and manual pipelines (deploy) and all that
/// follows them never run. `only`: glob over benchmark names, "" for all; a benchmark of a harness
/// is kept when the glob could match one of its own names. Errors: config when no benchmark is
/// reachable or matches, or when one benchmark's name is a folder of another's.
Result<Plan> make_plan(const Project& project, const std::string& only);

/// The pipeline of that name after all that it comes after, first to last; whatever starts the
/// first, it counts as on_commit. Errors: config, naming what there is.
Result<std::vector<PipelineSpec>> chain_to(const std::string& name, const Project& project);

/// Whether the user's glob selects a benchmark: its full name ("parse/BM_Small") or the process it
/// belongs to ("parse").
bool selects(const std::string& only, const std::string& process_name,
             const std::string& full_name);

/// Whether a benchmark is the process that `spec` starts, or one of those inside its harness.
bool belongs_to(const std::string& full_name, const BenchmarkSpec& spec);

/// The project that --build, --test and --bench describe; it replaces the file's pipelines. The
/// n-th benchmark is named bench, bench-2, ... Errors: usage when a benchmark command is missing or
/// empty.
struct CommandLinePipelines {
  std::string build;
  std::string test;
  std::vector<std::string> bench;
  bool any() const { return !build.empty() || !test.empty() || !bench.empty(); }
};
Result<std::vector<PipelineSpec>> pipelines_from(const CommandLinePipelines& commands);

}  // namespace melisai::run
