// Import: results that other tools kept of earlier commits, stored as runs so that `history` shows
// where they changed. Nobody measured them here: they never become a baseline or part of a verdict,
// and their series stay apart from measured ones (fingerprint "imported"). Private to records.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/measure/formats/formats.h"
#include "core/records.h"

namespace melisai {

struct CommitResults {
  std::string commit;  ///< full hash, or what the file calls it
  std::string date;    ///< RFC 3339, UTC
  std::vector<formats::Reading> readings;
};

/// Oldest first, each commit once. A history of github-action-benchmark names its commits; any
/// other result file is of `request.commit`. `now`: the date of what has none. Errors: usage, and
/// those of formats::read_path.
Result<std::vector<CommitResults>> results_to_import(const ImportHistory& request,
                                                     const std::string& now);

struct Imported {
  std::size_t commits = 0;  ///< of which something was stored
  std::size_t known = 0;    ///< of which an earlier import had stored everything
};

/// One run a commit, of the series that no earlier import of the project stored for it. Errors:
/// interrupted, io, disk_full; runs before it stay.
Result<Imported> import_results(const std::vector<CommitResults>& results,
                                const ImportHistory& request, store::Store& store,
                                const std::function<bool()>& interrupted);

}  // namespace melisai
