// Builder: turns a commit into a built tree (checkout, then its pipelines), or takes the finished
// build from the cache; and runs the stages of one side. Every stage is recorded in `stages`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/run/run.h"
#include "core/step.h"
#include "core/world.h"

namespace melisai {

class Builder {
 public:
  /// What a tree is built with; all of it outlives the builder.
  struct Setting {
    const Project& project;
    std::vector<PipelineSpec> pipelines;  ///< of both sides, in order
    std::string fingerprint;              ///< of the machine
    std::string output_dir;               ///< absolute; logs go to its logs/
    bool keep = false;                    ///< keep trees after use
    bool reuse = true;                    ///< false: the tree is of no use to anybody else
    TreeLimits limits = {};               ///< of each stage
    run::KeptPaths* kept = nullptr;       ///< of pipelines; null: none, for what is compared
    bool trusted = true;                  ///< false: nothing is shared with runs that are
    std::string line = "";                ///< as of BuildKey; "" for what is compared
  };
  Builder(Setting setting, GitRepo& git, run::BuildCache& cache, World& world,
          std::vector<StageResult>& stages);

  /// `side`: "base", "head", or what else names it in messages and logs. `sha`: "" for the work
  /// tree with its uncommitted changes.
  Step<run::BuildSlot> build(const std::string& side, const std::string& sha);

  /// The last build() went on from what an earlier run of its line left.
  bool went_on() const { return went_on_; }

  /// Runs them one after the other; the first that fails stops with `code`.
  Step<void> run_stages(const std::vector<PipelineSpec>& pipelines, const std::string& side,
                        const std::string& tree, ReasonCode code);

  /// Records them as not run.
  void skip_stages(const std::vector<PipelineSpec>& pipelines, const std::string& side,
                   const std::string& why);

 private:
  Step<void> check_out(const std::string& side, const std::string& sha, const std::string& tree);
  /// Into the tree of a line, whatever is in it.
  Step<void> check_out_over(const std::string& side, const std::string& sha,
                            const run::BuildSlot& slot);
  Step<void> run_stage(const PipelineSpec& pipeline, const std::string& side,
                       const std::string& tree, ReasonCode code);
  Step<void> restore_kept(const PipelineSpec& pipeline, const std::string& tree);
  void save_kept(const PipelineSpec& pipeline, const std::string& tree);
  void record(StageResult stage);

  Setting setting_;
  GitRepo& git_;
  run::BuildCache& cache_;
  World& world_;
  std::vector<StageResult>& stages_;
  bool went_on_ = false;
  std::string remark_;             ///< about limits; told once
  SeededRng names_{fresh_seed()};  ///< names of trees must differ between runs of one --seed
};

/// Variables that the run itself brings; they win over the file's.
void add_environment(const std::map<std::string, std::string>& env, PipelineSpec& pipeline);

/// 16 hex digits.
std::string random_hex(Rng& rng);

}  // namespace melisai
