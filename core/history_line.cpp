#include "core/history_line.h"

#include "core/base/text.h"

namespace melisai {
namespace {

/// Tells of commits that are not on the line because something older, or another branch, is checked
/// out. Errors: git, not_found, interrupted.
Result<void> look_on_default_branch(const LineQuestion& question, GitRepo& git, CommitLine& line) {
  MELISAI_TRY(const std::string branch, git.default_branch());
  MELISAI_TRY(const std::string sha, git.resolve(branch));
  MELISAI_TRY(const std::vector<std::string> newest_first, git.first_parents(sha));
  for (const std::string& each : newest_first)
    line.on_default_branch += question.commits.contains(each) && !line.places.contains(each);
  if (line.on_default_branch > 0) line.default_branch = printable(branch);
  return {};
}

Result<CommitLine> line_in(const std::string& directory, const LineQuestion& question,
                           const OpenRepo& open_repo) {
  const std::string tip = question.branch.empty() ? "HEAD" : question.branch;
  const std::unique_ptr<GitRepo> git = open_repo(directory);
  MELISAI_TRY(const std::string sha, git->resolve(tip));
  MELISAI_TRY(const std::vector<std::string> newest_first, git->first_parents(sha));
  CommitLine line;
  line.name = printable(tip + " in " + directory);
  auto place = static_cast<std::int64_t>(newest_first.size());
  for (const std::string& each : newest_first) {
    if (question.commits.contains(each)) line.places.emplace(each, place);
    --place;
  }
  if (line.places.empty()) line.why_empty = "none of them is on the line of " + line.name;
  if (line.places.empty() || line.places.size() == question.commits.size()) return line;
  const Result<void> looked = look_on_default_branch(question, *git, line);
  if (!looked && looked.error().code == Errc::interrupted) return looked.error();
  return line;
}

}  // namespace

LineQuestion question_of(const HistoryRequest& request, const std::string& newest_directory) {
  LineQuestion question{
      .directories = {request.directory}, .branch = request.branch, .commits = {}};
  if (newest_directory != request.directory) question.directories.push_back(newest_directory);
  return question;
}

Result<CommitLine> find_line(const LineQuestion& question, const OpenRepo& open_repo) {
  CommitLine none;
  for (const std::string& directory : question.directories) {
    Result<CommitLine> line = line_in(directory, question, open_repo);
    if (!line && line.error().code == Errc::interrupted) return line.error();
    if (line && !line->places.empty()) return line;
    none.why_empty += (none.why_empty.empty() ? "" : "; ") +
                      (line ? line->why_empty : printable(line.error().message));
  }
  return none;
}

}  // namespace melisai
