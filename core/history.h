// History: change points of values over commits, from a CSV file or from the store. Reads only;
// main prints what it yields.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/git.h"
#include "core/base/result.h"

namespace melisai {

struct HistoryRequest {
  std::string file;  ///< CSV, absolute; "-" for stdin; "" reads the store instead
  bool json = false;
  // Only for the store.
  std::string state_dir;         ///< absolute
  std::string directory;         ///< absolute; its repository orders the commits if it knows them
  bool directory_typed = false;  ///< then it must be in a repository
  std::string benchmark;         ///< glob over full names
  std::string metric;            ///< glob, "" for all
  std::string branch;            ///< "" for all; recorded so, or a line that commits stand on
  std::string project;           ///< "" for all
  std::size_t series_max = 0;    ///< more is an error before all is read; 0: no limit
  std::size_t runs_max = 0;      ///< the newest so many alone; 0: no limit
};

using OpenRepo = std::function<std::unique_ptr<GitRepo>(const std::string& directory)>;

/// Prints through `print` (false: nobody reads any more), and warns of what it could not look at.
/// Errors: parse with FILE:LINE; not_found, also for a filter that matches nothing; usage; limit,
/// io, unavailable, interrupted.
Result<void> history(const HistoryRequest& request, const OpenRepo& open_repo,
                     const std::function<bool(std::string_view)>& print);

}  // namespace melisai
