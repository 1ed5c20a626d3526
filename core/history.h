// History: change points of values over commits, from a CSV file or from the store. Reads only;
// main prints what it yields.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai {

struct HistoryRequest {
  std::string file;  ///< CSV, absolute; "-" for stdin; "" reads the store instead
  bool json = false;
  // Only for the store.
  std::string state_dir;  ///< absolute
  std::string benchmark;  ///< glob over full names
  std::string metric;     ///< glob, "" for all
  std::string branch;     ///< "" for all
  std::string project;    ///< "" for all
};

/// Prints through `print` (false: nobody reads any more). Errors: parse with FILE:LINE, not_found,
/// limit, io, unavailable.
Result<void> history(const HistoryRequest& request,
                     const std::function<bool(std::string_view)>& print);

}  // namespace melisai
