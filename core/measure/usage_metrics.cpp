#include "core/measure/usage_metrics.h"

#include <optional>

namespace melisai::measure {
namespace {

struct Row {
  const char* name;
  const char* unit;
  Tier tier;
  std::optional<std::int64_t> (*read)(const Usage&);
};

// Tiers from measured spread: bytes through read and write are constants of a program, faults and
// peak RSS vary by a few per mille, what reaches the disk or the scheduler depends on the rest of
// the machine and only explains.
constexpr Row kRows[] = {
    {"wall_time", "ns", Tier::time, [](const Usage& u) { return std::optional(u.wall_time_ns); }},
    {"cpu_time", "ns", Tier::time, [](const Usage& u) { return std::optional(u.cpu_time_ns); }},
    {"peak_rss", "B", Tier::near_exact,
     [](const Usage& u) { return std::optional(u.peak_rss_bytes); }},
    {"minor_faults", "count", Tier::near_exact,
     [](const Usage& u) { return std::optional(u.minor_faults); }},
    {"rchar", "B", Tier::exact, [](const Usage& u) { return u.rchar_bytes; }},
    {"wchar", "B", Tier::exact, [](const Usage& u) { return u.wchar_bytes; }},
    {"major_faults", "count", Tier::explain,
     [](const Usage& u) { return std::optional(u.major_faults); }},
    {"switches", "count", Tier::explain,
     [](const Usage& u) { return std::optional(u.voluntary_switches + u.involuntary_switches); }},
    {"read_bytes", "B", Tier::explain, [](const Usage& u) { return u.read_bytes; }},
    {"write_bytes", "B", Tier::explain, [](const Usage& u) { return u.write_bytes; }},
    {"run_delay", "ns", Tier::explain, [](const Usage& u) { return u.run_delay_ns; }},
};

}  // namespace

std::map<SeriesId, Value> usage_metrics(const std::string& benchmark, const Usage& usage) {
  std::map<SeriesId, Value> values;
  for (const Row& row : kRows)
    if (const auto value = row.read(usage))
      values[{benchmark, row.name}] =
          Value{{row.name, row.unit, Better::lower, row.tier}, static_cast<double>(*value)};
  return values;
}

std::pair<SeriesId, Value> steal_metric(const std::string& benchmark, std::int64_t stolen_ns) {
  return {{benchmark, "steal_time"},
          {{"steal_time", "ns", Better::lower, Tier::explain}, static_cast<double>(stolen_ns)}};
}

}  // namespace melisai::measure
