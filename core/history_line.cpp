#include "core/history_line.h"

#include "core/base/text.h"

namespace melisai {
namespace {

Result<CommitLine> line_in(const std::string& directory, const LineQuestion& question,
                           const OpenRepo& open_repo) {
  const std::string tip = question.branch.empty() ? "HEAD" : question.branch;
  const std::unique_ptr<GitRepo> git = open_repo(directory);
  MELISAI_TRY(const std::string sha, git->resolve(tip));
  MELISAI_TRY(const std::vector<std::string> newest_first, git->first_parents(sha));
  CommitLine line{.name = printable(tip + " in " + directory), .places = {}, .why_empty = ""};
  auto place = static_cast<std::int64_t>(newest_first.size());
  for (const std::string& each : newest_first) {
    if (question.commits.contains(each)) line.places.emplace(each, place);
    --place;
  }
  if (line.places.empty()) line.why_empty = "none of them is on the line of " + line.name;
  return line;
}

}  // namespace

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
