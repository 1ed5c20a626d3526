#include "core/builder.h"

#include <chrono>
#include <utility>

#include "core/base/files.h"

namespace melisai {

Builder::Builder(Setting setting, GitRepo& git, run::BuildCache& cache, World& world,
                 std::vector<StageResult>& stages)
    : setting_(std::move(setting)), git_(git), cache_(cache), world_(world), stages_(stages) {}

Step<run::BuildSlot> Builder::build(const std::string& side, const std::string& sha) {
  run::BuildKey key;
  key.line = setting_.line;
  if (setting_.reuse || !key.line.empty()) key.sha = sha;
  key.fingerprint = setting_.fingerprint;
  key.pipelines = setting_.pipelines;
  key.submodules = setting_.project.git.submodules;
  key.trusted = setting_.trusted;
  if (setting_.kept != nullptr) key.kept_for = text_of(setting_.kept->owner());
  key.environment = run::stage_environment(setting_.project.measure, {});
  MELISAI_TRY(run::BuildSlot slot, step(cache_.acquire(key, random_hex(names_)), ReasonCode::disk));
  if (setting_.keep) slot.keep();
  went_on_ = slot.goes_on();
  if (slot.reused()) {
    for (const PipelineSpec& pipeline : setting_.pipelines)
      record({.name = pipeline.name,
              .side = side,
              .command = text_of(pipeline.run),
              .status = StageResult::Status::cached});
    return slot;
  }
  MELISAI_CHECK(slot.of_line() ? check_out_over(side, sha, slot)
                               : check_out(side, sha, slot.tree()));
  MELISAI_CHECK(run_stages(setting_.pipelines, side, slot.tree(), ReasonCode::build_failed));
  MELISAI_CHECK(step(slot.commit(), ReasonCode::disk));
  return slot;
}

Step<void> Builder::check_out(const std::string& side, const std::string& sha,
                              const std::string& tree) {
  const auto start = world_.clock.monotonic();
  world_.progress.stage_started("checkout", side);
  const Result<void> out = sha.empty() ? git_.checkout_worktree(tree) : git_.checkout(sha, tree);
  if (!out) return stop_for(out.error(), ReasonCode::git);
  const std::chrono::duration<double> taken = world_.clock.monotonic() - start;
  record({.name = "checkout",
          .side = side,
          .status = StageResult::Status::passed,
          .seconds = taken.count()});
  return {};
}

Step<void> Builder::check_out_over(const std::string& side, const std::string& sha,
                                   const run::BuildSlot& slot) {
  MELISAI_CHECK(step(make_directories(slot.fresh(), {.private_mode = true}), ReasonCode::disk));
  MELISAI_CHECK(check_out(side, sha, slot.fresh()));
  return step(run::renew_tree({.from = slot.fresh(), .to = slot.tree(), .list = slot.list()}),
              ReasonCode::disk);
}

Step<void> Builder::run_stages(const std::vector<PipelineSpec>& pipelines, const std::string& side,
                               const std::string& tree, ReasonCode code) {
  for (const PipelineSpec& pipeline : pipelines)
    MELISAI_CHECK(run_stage(pipeline, side, tree, code));
  return {};
}

Step<void> Builder::run_stage(const PipelineSpec& pipeline, const std::string& side,
                              const std::string& tree, ReasonCode code) {
  world_.progress.stage_started(pipeline.name, side);
  MELISAI_CHECK(restore_kept(pipeline, tree));
  const run::StagePlace place{.side = side,
                              .tree = tree,
                              .log_dir = setting_.output_dir + "/logs",
                              .limits = setting_.limits};
  MELISAI_TRY(run::StageEnd ended, step(run::run_stage(pipeline, place, setting_.project.measure,
                                                       world_.processes, world_.clock),
                                        ReasonCode::internal));
  if (!ended.remark.empty() && ended.remark != remark_) world_.progress.note(ended.remark);
  remark_ = ended.remark;
  StageResult& stage = ended.result;
  const bool failed = stage.status == StageResult::Status::failed;
  // A full disk is not the project's fault, whatever its commands made of it.
  const std::string& full = ended.full_disk;
  Stop stop{full.empty() ? code : ReasonCode::disk,
            "'" + pipeline.name + "' failed on " + side + ": " + stage.message +
                (full.empty() ? "" : ", and " + full + "; free some space and run again") +
                "; log: " + setting_.output_dir + "/" + stage.log};
  record(std::move(stage));
  if (failed) return stop;
  save_kept(pipeline, tree);
  return {};
}

/// Half of what was kept may be worse than nothing: then the next attempt begins without.
Step<void> Builder::restore_kept(const PipelineSpec& pipeline, const std::string& tree) {
  if (setting_.kept == nullptr) return {};
  const Result<bool> restored = setting_.kept->restore(pipeline, tree);
  if (restored) return {};
  return Stop{ReasonCode::disk, "what '" + pipeline.name +
                                    "' keeps could not be restored: " + restored.error().message};
}

void Builder::save_kept(const PipelineSpec& pipeline, const std::string& tree) {
  if (setting_.kept == nullptr) return;
  if (const Result<void> saved = setting_.kept->save(pipeline, tree); !saved)
    world_.progress.note("'" + pipeline.name +
                         "' keeps nothing for its next run: " + saved.error().message);
}

void Builder::skip_stages(const std::vector<PipelineSpec>& pipelines, const std::string& side,
                          const std::string& why) {
  for (const PipelineSpec& pipeline : pipelines)
    record({.name = pipeline.name,
            .side = side,
            .command = text_of(pipeline.run),
            .status = StageResult::Status::skipped,
            .message = why});
}

void Builder::record(StageResult stage) {
  world_.progress.stage_finished(stage);
  stages_.push_back(std::move(stage));
}

void add_environment(const std::map<std::string, std::string>& env, PipelineSpec& pipeline) {
  for (const auto& [name, value] : env) {
    pipeline.env[name] = value;
    for (BenchmarkSpec& benchmark : pipeline.benchmarks) benchmark.env[name] = value;
  }
}

std::string random_hex(Rng& rng) {
  std::string hex(16, '0');
  for (char& digit : hex) digit = "0123456789abcdef"[rng.below(16)];
  return hex;
}

}  // namespace melisai
