// Histograms as the report has them, from those that the BPF programs fill.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "plugins/ebpf/shared.h"

namespace melisai::plugins::ebpf {

/// Slot n of the first has the values from 2^n to 2^(n+1)-1 (slot 0 from 0), of the second n alone.
enum class Scale { log2, linear };

/// {"name","unit","buckets":[{"low","high","count"}],"total_count","p50","p90","p99","p999","max",
/// "mean"}; buckets up to the last with a value.
nlohmann::ordered_json to_json(const ebpf_hist& hist, std::string_view name, std::string_view unit,
                               Scale scale);

/// The value at nearest rank, taken to lie evenly in its bucket, and never above the largest that
/// was seen. 0 of none. `share`: 0.99.
double percentile(const ebpf_hist& hist, double share, Scale scale);

}  // namespace melisai::plugins::ebpf
