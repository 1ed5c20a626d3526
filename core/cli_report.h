// What `report` takes: a run, or a file, and a format. Private to the command line (cli.h).
#pragma once

#include <cstdint>
#include <string>

#include "core/records.h"

namespace melisai::cli {

constexpr std::uint64_t kNumberMax = 999'999'999'999'999'999u;  ///< of a run or a record

/// "12", "last", "demo/build#3". Errors: usage, with the option in front.
Result<RunName> run_name(const std::string& option, const std::string& text);

std::string report_formats(const std::string& separator);  ///< their names in a row
/// Errors: usage.
Result<PrintReport> read_report_request(const std::string& run, const std::string& format);

}  // namespace melisai::cli
