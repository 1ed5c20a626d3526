// The parts that Markdown documents of a report share: tables and lists whose items come one by one
// until there is no room. Private to core/report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/model/report.h"
#include "core/report/summary.h"

namespace melisai::report {

inline constexpr std::size_t kLeftOutBytesMax = 300;  ///< the sentence about what was cut
inline constexpr std::size_t kNoteBytesMax = 240;

/// One part of the document whose items come one by one until there is no room.
struct Part {
  std::string head{};
  std::vector<std::string> items{};
  std::string foot{};
  std::string left_out{};  ///< after "12 more of the ": what the items are
};

/// At most `room` bytes, and kLeftOutBytesMax where that is less; says how many items were left
/// out.
std::string render(const Part& part, std::size_t room);

std::string paragraph(const std::string& markdown);  ///< "" for nothing
std::string cells(const std::vector<std::string>& texts);
std::string metric_cell(const BenchmarkResult& row);

Part failed_stages(const Report& report);
/// `counted`: what the pairs of a check are called.
Part deciding_table(const Rows& rows, const std::string& counted);
Part shown_table(const Rows& rows);
/// `what`: after "12 more of the ".
Part bullets(const std::string& title, const std::vector<std::string>& lines,
             const std::string& what);

}  // namespace melisai::report
