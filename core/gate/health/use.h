// Single readings of the USE method that anomaly rules need as well. Private to core/gate/health.
#pragma once

#include <optional>

#include "core/gate/health/host_view.h"

namespace melisai::gate {

std::optional<double> cpu_utilization(const HostView& host);
std::optional<double> memory_utilization(const HostView& host);
std::optional<double> swap_usage(const HostView& host);
std::optional<double> load_per_cpu(const HostView& host);
std::optional<double> container_memory_usage(const HostView& host);
std::optional<double> close_wait_sockets(const HostView& host);
std::optional<Reading> disk_utilization(const HostView& host);  ///< of the busiest disk

}  // namespace melisai::gate
