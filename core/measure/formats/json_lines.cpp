#include "core/measure/formats/json_lines.h"

#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {

Result<std::size_t> read_json_lines(
    Input& input, const Limits& limits,
    const std::function<Result<void>(const nlohmann::json&)>& take) {
  Lines lines(input, limits);
  std::size_t count = 0;
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return count;
    const std::string_view text = trimmed(*line);
    if (!text.starts_with('{') || !text.ends_with('}')) continue;
    ++count;
    Input document(text, input.source() + ":" + std::to_string(lines.number()));
    MELISAI_CHECK(read_rows(document, limits, {},
                            [&](const JsonRow& row) -> Result<void> { return take(row.value); }));
  }
}

}  // namespace melisai::formats
