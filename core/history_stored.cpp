#include "core/history_stored.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/history_line.h"
#include "core/history_runs.h"
#include "core/report/report.h"

namespace melisai {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

/// Names say as much as it takes to tell the series apart.
class Names {
 public:
  explicit Names(const AllMeasured& all) {
    for (const auto& [key, measured] : all.series) {
      projects_.insert(key.project);
      machines_.insert(key.fingerprint);
      configurations_[{key.project, key.benchmark}].insert(key.configuration);
    }
  }

  std::string of(const Key& key) const {
    std::string name = key.benchmark + "/" + key.metric;
    if (projects_.size() > 1) name += ", project " + key.project;
    if (machines_.size() > 1) name += ", machine " + key.fingerprint;
    if (configurations_.at({key.project, key.benchmark}).size() > 1)
      name += ", configuration " + key.configuration;
    return name;
  }

 private:
  std::set<std::string> projects_, machines_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> configurations_;
};

/// Which commits are left out, why that may be, and the branch to ask for.
std::string left_out(const LineQuestion& question, const CommitLine& line,
                     const std::string& of_project) {
  std::set<std::string> shas;
  for (const std::string& sha : question.commits)
    if (!line.places.contains(sha)) shas.insert(sha.substr(0, kCommitDigits));
  std::string text = report::count_of(shas.size(), "commit") + of_project +
                     " left out, not on the first-parent line of " + line.name + ": " +
                     list_of(shas);
  if (line.on_default_branch > 0)
    text += "; --branch " + line.default_branch + " reads " +
            (line.on_default_branch == shas.size() ? std::string("them")
                                                   : std::to_string(line.on_default_branch));
  if (line.on_default_branch < shas.size())
    text +=
        "; they may be newer, on side branches (--branch reads one), rewritten, or beyond what a "
        "shallow clone holds (git fetch --unshallow)";
  return text;
}

/// Where the commits of one project stand; warns of those that stand nowhere.
Result<CommitLine> line_of(const std::string& project, const HistoryRequest& request,
                           const OpenRepo& open_repo, AllMeasured& all) {
  LineQuestion question = question_of(request, all.directories.at(project));
  for (const auto& [key, measured] : all.series)
    if (key.project == project)
      for (const CommitValues& commit : measured.commits) question.commits.insert(commit.sha);
  MELISAI_TRY(CommitLine line, find_line(question, open_repo));
  const std::string of_project = " of project " + in_quotes(project);
  if (line.places.empty() && question.commits.size() > 1) {
    all.warnings.push_back("the commits" + of_project +
                           " stand in the order of their first checks, because no repository "
                           "tells theirs, so a change may be blamed on the wrong one and with the "
                           "wrong sign: " +
                           line.why_empty + "; -C names the repository");
  }
  if (line.places.empty() || line.places.size() == question.commits.size()) return line;
  all.warnings.push_back(left_out(question, line, of_project));
  return line;
}

/// In order; nothing of commits that are not on the line.
std::vector<std::pair<std::int64_t, const CommitValues*>> in_order(const Measured& measured,
                                                                   const CommitLine& line) {
  std::vector<std::pair<std::int64_t, const CommitValues*>> points;
  for (const CommitValues& commit : measured.commits) {
    const auto place = line.places.find(commit.sha);
    if (line.places.empty())
      points.emplace_back(commit.first_run, &commit);
    else if (place != line.places.end())
      points.emplace_back(place->second, &commit);
  }
  std::sort(points.begin(), points.end());
  return points;
}

/// Errors: usage when there is none; interrupted, unavailable.
Result<void> need_repository(const std::string& directory, const OpenRepo& open_repo) {
  const Result<std::string> top = open_repo(directory)->worktree();
  if (top) return {};
  const bool is_none = top.error().code == Errc::git || top.error().code == Errc::not_found;
  return is_none ? Error{Errc::usage, "-C: " + top.error().message} : top.error();
}

}  // namespace

Result<Histories> stored_histories(const HistoryRequest& request, const OpenRepo& open_repo) {
  MELISAI_TRY(const auto store, store::Store::open_reader(request.state_dir));
  if (!store) return Error{Errc::not_found, "no run is stored in " + request.state_dir};
  if (request.directory_typed) MELISAI_CHECK(need_repository(request.directory, open_repo));
  MELISAI_TRY(AllMeasured all, measured_by_checks(*store, request, open_repo));
  const Names names(all);
  HistoryBuilder builder;
  std::map<std::string, CommitLine> lines;
  for (const auto& [key, measured] : all.series) {
    if (!lines.contains(key.project)) {
      MELISAI_TRY(lines[key.project], line_of(key.project, request, open_repo, all));
    }
    const auto points = in_order(measured, lines.at(key.project));
    if (points.empty()) continue;
    MELISAI_TRY(HistorySeries* const series, builder.series(names.of(key)));
    series->unit = measured.metric.unit;
    series->better = measured.metric.better;
    for (const auto& [index, commit] : points)
      MELISAI_CHECK(builder.add(*series, index, median(commit->values), commit->sha));
  }
  Histories histories = builder.take();
  histories.warnings = std::move(all.warnings);
  return histories;
}

}  // namespace melisai
