// The tables of BenchmarkDotNet. Private to benchmarkdotnet*.cpp.
#pragma once

#include <string_view>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {

bool is_dotnet_header(std::string_view line);      ///< of a table for people
bool is_dotnet_csv_header(std::string_view line);  ///< of *-report.csv

/// Tables of *-report-github.md, or of a log with them in it. Errors: parse.
Result<void> parse_dotnet_tables(Lines& lines, ReadingsBuilder& builder);
Result<void> parse_dotnet_csv(Lines& lines, ReadingsBuilder& builder);

}  // namespace melisai::formats
