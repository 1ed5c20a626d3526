// Which metrics gate by default. Private to core/gate.
#pragma once

#include "core/gate/rules.h"
#include "core/model/metric.h"

namespace melisai::gate {

/// Whether a metric gates without any rule; `time_choice`: the one of wall and CPU time that does
/// (time_metric.h).
bool gates_by_default(const Metric& metric, const std::string& time_choice);

/// `by_default`: it would gate without any rule.
Level level_for(const Metric& metric, bool by_default, const Ruling& ruling);

}  // namespace melisai::gate
