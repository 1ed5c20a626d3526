#include "core/measure/formats/catch2_names.h"

#include "core/measure/formats/lines.h"

namespace melisai::formats {

std::string catch2_joined(const std::string& start, std::string_view rest) {
  constexpr std::string_view kBreaksAfter = "/\\-=+&";
  const bool has_blank = start.empty() || kBreaksAfter.find(start.back()) == std::string_view::npos;
  return start + (has_blank && !start.empty() ? " " : "") + std::string(rest);
}

std::vector<std::string> catch2_header_names(const std::vector<std::string>& lines,
                                             std::size_t width) {
  std::vector<std::string> names;
  std::size_t last_width = 0;
  bool last_is_section = false;
  for (const std::string& line : lines) {
    const std::string_view text = trimmed(line);
    const bool is_section = line.starts_with(' ');
    const std::size_t word = text.substr(0, text.find(' ')).size();
    // A rest may be indented more than its start; a section's start never belongs to the test case.
    const bool is_rest = !names.empty() && last_width + 1 + word > width &&
                         (is_section == last_is_section || !is_section);
    if (is_rest)
      names.back() = catch2_joined(names.back(), text);
    else
      names.emplace_back(text);
    last_width = line.find_last_not_of(' ') + 1;
    last_is_section = is_section;
  }
  return names;
}

}  // namespace melisai::formats
