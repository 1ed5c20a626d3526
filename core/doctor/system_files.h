// Small reads of /proc, /sys and /etc: what cannot be read is empty. Private to core/doctor.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::doctor {

/// Without its line break; "" when there is none.
std::string first_line(const std::string& path);
/// At most 10,000; a longer file is cut.
std::vector<std::string> lines_of(const std::string& path);
std::vector<std::string> words_of(std::string_view text);
/// Of the first line.
std::optional<int> whole_number(const std::string& path);
/// "always [madvise] never" -> "madvise"; a text without brackets is the choice.
std::string chosen_word(const std::string& text);
/// "0-3,8" -> 5; 0 for anything else.
int count_cpus(std::string_view list);

}  // namespace melisai::doctor
