// The numbers of two host reports that are compared, and how large a change of each one report a
// side can show. Private to core/gate/health.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/host_diff.h"
#include "core/model/host_report.h"

namespace melisai::gate {

/// What a value did within one window, in its unit.
struct Spread {
  double low = 0;
  double high = 0;
};

struct FieldSide {
  double value = 0;
  bool is_sampled = false;       ///< there may be a spread
  std::optional<Spread> spread;  ///< nothing: too few samples, or none
};

struct HostField {
  std::string category;
  std::string metric;
  std::string unit;
  FieldSide before, now;
  double least_delta = 0;  ///< a smaller change is noise
  double least_pct = 0;    ///< likewise, of the old value
  bool higher_is_better = false;
  std::string same_as;  ///< the field that says the same; "" for nearly all
};

/// Those that both reports have.
std::vector<HostField> fields_of(const HostReport& baseline, const HostReport& current);

/// What the reports say about their machines and windows, and differently.
std::vector<HostDifference> host_differences(const HostMetadata& before, const HostMetadata& now);

/// Why these two cannot be judged against each other, each one sentence without a full stop.
std::vector<std::string> doubts_of(const HostMetadata& before, const HostMetadata& now,
                                   const std::vector<HostDifference>& differences);

}  // namespace melisai::gate
