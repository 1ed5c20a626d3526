#include "core/measure/formats/sections.h"

#include "core/measure/formats/lines.h"

namespace melisai::formats {

std::optional<std::string> heading_of(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with("==") || !line.ends_with("==")) return std::nullopt;
  const std::size_t first = line.find_first_not_of('=');
  if (first == std::string_view::npos) return "";
  // "==123== Command: a" of valgrind is no heading.
  if (line[first] != ' ') return std::nullopt;
  const std::size_t last = line.find_last_not_of('=');
  std::string_view title = trimmed(line.substr(first, last - first + 1));
  if (title.starts_with("end ")) return "";
  const std::size_t note = title.rfind(" (");
  if (title.ends_with(')') && note != std::string_view::npos) title = title.substr(0, note);
  return std::string(title);
}

}  // namespace melisai::formats
