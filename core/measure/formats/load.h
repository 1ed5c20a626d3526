// What load generators have in common: latencies, their percentiles, errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/measure/formats/builder.h"

namespace melisai::formats {

Metric latency();  ///< of one request, ns, lower; judged like a time
/// "99", "99.9": "latency_p99_9", only shown.
Metric latency_percentile(std::string_view percent);
Metric errors();  ///< count, lower, only shown

/// How many values a summary stands for: at least 1, whatever the tool printed.
std::uint64_t count_from(double printed);

/// A sum of quantities of time, as Go prints durations: "1m2.5s", "4.991s", "287.783us"; ns.
std::optional<double> duration_from(std::string_view text);
/// "0:02.15", "1:02:03", "00:00:02.1532708": hours, minutes, seconds; ns.
std::optional<double> clock_from(std::string_view text);

}  // namespace melisai::formats
