// Metrics in the text format of Prometheus 0.0.4. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace melisai::api {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels;
  double value = 0;
  std::string suffix = {};  ///< of the metric's name: "_bucket", "_sum", "_count"
};

struct Metric {
  std::string name;
  std::string help;  ///< one sentence
  enum class Type { counter, gauge, histogram } type = Type::gauge;
  std::vector<Sample> samples;
};

inline constexpr std::string_view kMetricType = "text/plain; version=0.0.4; charset=utf-8";

/// One family after the other; those without samples are left out. Label values are escaped, and
/// what is no UTF-8 in them becomes '?'.
std::string render_metrics(const std::vector<Metric>& metrics);

}  // namespace melisai::api
