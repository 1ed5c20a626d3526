// What Valgrind's tools count for Gungraun (once iai-callgrind) and iai. Private to gungraun*.cpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// "Total read+write", "TotalRW": total_read_write; nothing for what is no metric. `label`: as
/// printed, or as JSON calls it. `tool`: "CALLGRIND" and so on, in any case; that which counts
/// errors becomes part of the name.
std::optional<Metric> gungraun_metric(std::string_view label, std::string_view tool);

/// One benchmark's metrics: of tools that count the same, the first one wins.
class GungraunBenchmark {
 public:
  explicit GungraunBenchmark(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  /// `value`: of the new run. Rates are given in percent.
  Result<void> add(std::string_view tool, std::string_view label, double value,
                   ReadingsBuilder& builder);

 private:
  std::string name_;
  std::set<std::string> known_;
};

/// "module::function id:arguments" without what differs between machines and lines of a name: the
/// command after " -> " and line breaks.
std::string gungraun_name(std::string_view text);

bool is_gungraun_json(std::string_view line);
Result<void> parse_gungraun_json(Input& input, const Limits& limits, ReadingsBuilder& builder);

}  // namespace melisai::formats
