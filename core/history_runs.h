// What the heads of stored checks measured, sorted by what makes values comparable. For history
// and for the page of a run.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/history.h"
#include "core/model/metric.h"
#include "core/store/store.h"

namespace melisai {

/// What makes values comparable.
struct Key {
  std::string project, benchmark, metric, fingerprint, configuration;
  auto operator<=>(const Key&) const = default;
};

struct CommitValues {
  std::string sha;
  store::RunId first_run = 0;
  std::vector<double> values;
};

struct Measured {
  Metric metric;                      ///< as the newest run has it
  std::vector<CommitValues> commits;  ///< in the order of their first runs
  std::map<std::string, std::size_t> places;
};

struct AllMeasured {
  std::map<Key, Measured> series;
  std::map<std::string, std::string> directories;  ///< by project: where its newest run was
  std::set<std::string> benchmarks;                ///< all there are
  std::set<std::string> metrics;                   ///< of the benchmarks that were asked for
  std::vector<std::string> warnings;
};

/// Of every finished check of a commit that the filters of `request` leave. Errors: not_found when
/// one of them matches nothing (names what there is); usage above `series_max`; unavailable, io,
/// interrupted.
Result<AllMeasured> measured_by_checks(const store::Store& store, const HistoryRequest& request,
                                       const OpenRepo& open_repo);

/// "'a', 'b' and 3 more".
std::string list_of(const std::set<std::string>& names);

}  // namespace melisai
