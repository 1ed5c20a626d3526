// The line of history on which measured commits stand: first parents from a branch or from what is
// checked out back to the first commit, so that a value is compared with that of the commit before.
// Private to history.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history.h"

namespace melisai {

struct LineQuestion {
  std::vector<std::string> directories;  ///< absolute; asked in turn
  std::string branch;                    ///< "" for what is checked out
  std::set<std::string> commits;         ///< full shas
};

struct CommitLine {
  std::string name;                            ///< "HEAD in /repo"
  std::map<std::string, std::int64_t> places;  ///< of the commits that stand on it; the first
                                               ///< commit of the line is 1
  std::string why_empty;                       ///< when no repository has any of them
  std::string default_branch;                  ///< of that repository, if commits that do not stand
                                               ///< on the line stand on its; else ""
  std::size_t on_default_branch = 0;           ///< how many of those
};

/// Of one project: asks the repository of the request, then that of the project's newest check.
LineQuestion question_of(const HistoryRequest& request, const std::string& newest_directory);

/// The line of the first repository that has at least one of the commits on it. Errors:
/// interrupted.
Result<CommitLine> find_line(const LineQuestion& question, const OpenRepo& open_repo);

}  // namespace melisai
