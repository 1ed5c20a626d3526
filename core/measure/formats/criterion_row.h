// What Criterion knows of one benchmark, in whatever shape it was written. Private to
// criterion*.cpp.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// The estimate that Criterion itself prints: a time, or what another measurement counts. `unit` as
/// written. Errors: parse, for an unknown unit.
Result<void> add_criterion_value(std::string_view benchmark, double value, std::string_view unit,
                                 std::uint64_t n, ReadingsBuilder& builder);

/// estimates.json: the slope over samples of different lengths, else the mean.
Result<double> criterion_estimate(const nlohmann::json& estimates);

bool is_criterion_line(std::string_view line);
Result<void> parse_criterion_text(Input& input, const Limits& limits, ReadingsBuilder& builder);

/// raw.csv, which Criterion writes beside estimates.json with its feature csv_output: one line per
/// sample.
bool is_criterion_csv_head(std::string_view line);
Result<void> parse_criterion_csv(Input& input, const Limits& limits, ReadingsBuilder& builder);

/// target/criterion, or a folder that holds it.
bool is_criterion_directory(const std::string& path);
Result<void> parse_criterion_directory(const std::string& path, const Limits& limits,
                                       ReadingsBuilder& builder);

}  // namespace melisai::formats
