#include "core/history_runs.h"

#include <algorithm>
#include <cmath>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/base_commit.h"
#include "core/history_input.h"
#include "core/history_line.h"
#include "core/records.h"

namespace melisai {
namespace {

bool matches(const std::string& glob, const std::string& text) {
  return glob.empty() || matches_glob(glob, text);
}

Error matches_nothing(const std::string& option, const std::string& typed,
                      const std::set<std::string>& there_are) {
  return {Errc::not_found, option + " " + in_quotes(typed) +
                               " matches nothing that is stored; there are: " + list_of(there_are)};
}

/// A work tree is no commit, and a bisection measured only what was suspected.
bool is_of_a_commit(const store::RunSummary& run) {
  return run.state == store::RunState::finished && run.command != "bisect" &&
         !run.head.sha.empty() && run.head.ref != kWorkTree;
}

/// Code of strangers may print any number, and its commit may become one of a branch as it is: a
/// merge that only moves the branch on keeps the sha. What was imported came by hand.
bool is_of_strangers(const store::RunSummary& run) {
  return !run.trusted && run.command != kImportCommand;
}

Error no_checks(const HistoryRequest& request, bool of_strangers) {
  return {Errc::not_found,
          "no finished check of a commit is stored in " + request.state_dir +
              (of_strangers ? " but of untrusted code (pull requests, `check --untrusted`), of "
                              "which no history is made; check the commits of a branch"
                            : "; `melisai-gate check` makes one")};
}

/// Keeps the runs of that project. Errors: not_found when there is none.
Result<void> narrow_to_project(const std::string& project, std::vector<store::RunSummary>& runs) {
  if (project.empty()) return {};
  std::set<std::string> there_are;
  for (const store::RunSummary& run : runs) there_are.insert(run.project);
  if (!there_are.contains(project)) return matches_nothing("--project", project, there_are);
  std::erase_if(runs, [&](const store::RunSummary& run) { return run.project != project; });
  return {};
}

/// Keeps the runs that are recorded as of the branch, and those whose commits stand on its line: a
/// commit that was checked by its sha has no branch. `runs`: newest first. Errors: not_found when
/// there is none; interrupted.
Result<void> narrow_to_branch(const HistoryRequest& request, const OpenRepo& open_repo,
                              std::vector<store::RunSummary>& runs) {
  if (request.branch.empty()) return {};
  std::set<std::string> there_are;
  std::map<std::string, LineQuestion> projects;
  for (const store::RunSummary& run : runs) {
    there_are.insert(run.branch);
    projects.try_emplace(run.project, question_of(request, run.directory))
        .first->second.commits.insert(run.head.sha);
  }
  std::map<std::string, CommitLine> lines;
  for (const auto& [project, question] : projects) {
    MELISAI_TRY(lines[project], find_line(question, open_repo));
  }
  std::erase_if(runs, [&](const store::RunSummary& run) {
    return run.branch != request.branch && !lines.at(run.project).places.contains(run.head.sha);
  });
  if (!runs.empty()) return {};
  const Error error = matches_nothing("--branch", request.branch, there_are);
  return Error{error.code, error.message + "; by commits: " + lines.begin()->second.why_empty};
}

/// Oldest first.
Result<std::vector<store::RunSummary>> selected_runs(const store::Store& store,
                                                     const HistoryRequest& request,
                                                     const OpenRepo& open_repo) {
  constexpr std::size_t kRunsMax = 1'000'000;
  MELISAI_TRY(std::vector<store::RunSummary> runs, store.runs({.project = "", .limit = kRunsMax}));
  std::erase_if(runs, [](const store::RunSummary& run) { return !is_of_a_commit(run); });
  const bool of_strangers = std::erase_if(runs, is_of_strangers) > 0;
  if (runs.empty()) return no_checks(request, of_strangers);
  MELISAI_CHECK(narrow_to_project(request.project, runs));
  MELISAI_CHECK(narrow_to_branch(request, open_repo, runs));
  if (request.runs_max > 0) runs.resize(std::min(runs.size(), request.runs_max));
  std::reverse(runs.begin(), runs.end());
  return runs;
}

/// How each benchmark of one run was measured.
class Configurations {
 public:
  explicit Configurations(const store::Run& run) : of_all_(run.configuration) {
    for (const Measurement& each : run.report->measurements)
      if (!each.configuration.empty()) by_process_.emplace(each.benchmark, each.configuration);
  }

  /// Of the process that the benchmark belongs to; of the whole plan in runs of versions that
  /// stored no other.
  std::string of(std::string benchmark) const {
    while (true) {
      const auto found = by_process_.find(benchmark);
      if (found != by_process_.end()) return found->second;
      const std::size_t slash = benchmark.rfind('/');
      if (slash == std::string::npos) return of_all_ + " of all benchmarks";
      benchmark.resize(slash);
    }
  }

 private:
  std::string of_all_;
  std::map<std::string, std::string> by_process_;
};

void collect(const store::Run& run, const HistoryRequest& request, AllMeasured& all) {
  const std::string& sha = run.summary.head.sha;
  const Configurations configurations(run);
  all.directories[run.summary.project] = run.summary.directory;
  for (const BenchmarkResult& result : run.report->benchmarks) {
    if (!result.head || !(std::abs(result.head->median) < kHistoryValueMax)) continue;
    all.benchmarks.insert(result.name);
    if (!matches(request.benchmark, result.name)) continue;
    all.metrics.insert(result.metric.name);
    if (!matches(request.metric, result.metric.name)) continue;
    Measured& measured = all.series[{.project = run.summary.project,
                                     .benchmark = result.name,
                                     .metric = result.metric.name,
                                     .fingerprint = run.summary.fingerprint,
                                     .configuration = configurations.of(result.name)}];
    measured.metric = result.metric;
    const auto [place, is_new] = measured.places.try_emplace(sha, measured.commits.size());
    if (is_new) measured.commits.push_back({.sha = sha, .first_run = run.summary.id, .values = {}});
    measured.commits[place->second].values.push_back(result.head->median);
  }
}

}  // namespace

std::string list_of(const std::set<std::string>& names) {
  constexpr std::size_t kNamesMax = 5;
  std::string text;
  std::size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kNamesMax) break;
    text += (shown++ == 0 ? "" : ", ") + (name.empty() ? "(none)" : in_quotes(name));
  }
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

Result<AllMeasured> measured_by_checks(const store::Store& store, const HistoryRequest& request,
                                       const OpenRepo& open_repo) {
  MELISAI_TRY(const std::vector<store::RunSummary> runs, selected_runs(store, request, open_repo));
  AllMeasured all;
  for (const store::RunSummary& summary : runs) {
    const Result<store::Run> run = store.run(summary.id);
    // Another process may collect garbage in the meantime.
    if (!run && run.error().code == Errc::not_found) continue;
    if (!run && run.error().code == Errc::parse) {
      all.warnings.push_back("run " + std::to_string(summary.id) +
                             " is left out: " + run.error().message);
      continue;
    }
    if (!run) return run.error();
    if (run->report) collect(*run, request, all);
    if (request.series_max > 0 && all.series.size() > request.series_max)
      return Error{Errc::usage, "more than " + std::to_string(request.series_max) +
                                    " series match, the limit; narrow them by benchmark, metric or "
                                    "project"};
  }
  if (all.benchmarks.empty())
    return Error{Errc::not_found, "none of the checks that are stored in " + request.state_dir +
                                      " and asked for measured a benchmark"};
  if (all.metrics.empty()) return matches_nothing("--benchmark", request.benchmark, all.benchmarks);
  if (all.series.empty()) return matches_nothing("--metric", request.metric, all.metrics);
  return all;
}

}  // namespace melisai
