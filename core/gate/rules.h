// Policy::rules for one series. Private to core/gate.
#pragma once

#include <optional>

#include "core/model/metric.h"
#include "core/model/project.h"

namespace melisai::gate {

/// What the rules say about one series.
struct Ruling {
  std::optional<double> threshold;
  std::optional<Level> level;
  bool gates_by_name = false;  ///< a rule that names the metric gave it a level
};

/// Rules apply in order; what a later one sets overrides an earlier one's.
Ruling ruling_for(const SeriesId& id, const Policy& policy);

/// Whether the rules put all metrics of a benchmark off, those included that nobody knows yet.
bool is_off(const std::string& benchmark, const Policy& policy);

}  // namespace melisai::gate
