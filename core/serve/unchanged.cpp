#include "core/serve/unchanged.h"

#include <cctype>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/measure/measure.h"
#include "core/run/run.h"

namespace melisai::serve {
namespace {

using Outcome = PipelineRun::Outcome;

constexpr std::string_view kPassedAs = "passed as ";

/// Of the same pipeline, under the same rules.
bool is_alike(const PipelineRun& other, const PipelineRun& run) {
  return other.id < run.id && other.ref == run.ref && other.trusted == run.trusted &&
         other.configuration == run.configuration &&
         (other.outcome == Outcome::passed || other.outcome == Outcome::failed);
}

/// A compiler may have been upgraded since, whatever the files say. What nobody knows is no equal.
Result<bool> ran_with(const std::string& with, const PipelineRun& run, const store::Queue& queue) {
  MELISAI_TRY(const std::vector<Attempt> attempts, queue.attempts(run.id));
  if (attempts.empty()) return false;
  const auto text = read_file(attempts.back().directory + "/" + kTestedWithFile, with.size() + 1);
  return text && *text == with;
}

/// Compares commits, of which a few are many processes.
class Comparison {
 public:
  Comparison(GitRepo& git, std::string sha) : git_(git), sha_(std::move(sha)) {}

  bool may_ask() const { return asked_ < kComparisonsMax; }
  Result<bool> is_same(const std::string& other) {
    if (other == sha_) return true;
    ++asked_;
    const auto changed = git_.changed_paths(other, sha_);
    if (!changed && changed.error().code == Errc::limit) return false;
    if (!changed) return changed.error();
    return changed->empty();
  }

 private:
  GitRepo& git_;
  std::string sha_;
  int asked_ = 0;
};

}  // namespace

bool names_tests(const std::string& pipeline) {
  std::string word;
  for (std::size_t i = 0; i <= pipeline.size(); ++i) {
    const auto c = static_cast<unsigned char>(i < pipeline.size() ? pipeline[i] : ' ');
    if (std::isalnum(c) != 0) {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    if (word == "test" || word == "tests") return true;
    word.clear();
  }
  return false;
}

std::string tested_with(const Described& described) {
  return hash_hex(
      run::BuildKey{.sha = "",
                    .fingerprint = measure::identify_machine().fingerprint,
                    .pipelines = {described.pipeline.spec},
                    .kept_for = "",
                    .environment = run::stage_environment(described.project.measure, {}),
                    .line = ""}
          .to_text());
}

bool may_pass_unchanged(const Task& task, const Described& described) {
  const PipelineSpec& spec = described.pipeline.spec;
  return task.event.kind == RunEvent::Kind::push && !is_follow_up(task.run) &&
         names_tests(spec.name) && spec.benchmarks.empty() && !spec.run.empty();
}

Result<std::string> passed_as(const UnchangedQuestion& question, const store::Queue& queue,
                              GitRepo& git) {
  const Task& task = question.task;
  if (!may_pass_unchanged(task, question.described)) return std::string();
  MELISAI_TRY(const std::vector<PipelineRun> runs, queue.runs({.project = task.run.project,
                                                               .pipeline = task.run.pipeline,
                                                               .limit = kEarlierRunsMax}));
  Comparison comparison(git, task.run.sha);
  for (const PipelineRun& other : runs) {
    if (!is_alike(other, task.run)) continue;
    if (*other.finished_at < question.now - kPassCounts || !comparison.may_ask()) break;
    // It says itself which run it stands for, and that one is looked at too.
    if (other.reason.starts_with(kPassedAs)) continue;
    MELISAI_TRY(const RunEvent event, queue.event(other.event));
    if (event.params != task.event.params) continue;
    MELISAI_TRY(const bool same, comparison.is_same(other.sha));
    if (!same) continue;
    if (other.outcome == Outcome::failed || event.kind != task.event.kind) break;
    MELISAI_TRY(const bool alike, ran_with(question.with, other, queue));
    if (!alike) continue;
    return std::string(kPassedAs) + name_of(other) + ": no file differs";
  }
  return std::string();
}

}  // namespace melisai::serve
