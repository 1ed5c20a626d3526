#include "core/measure/formats/json_documents.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/units.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// "{" or "{ "name"...": other text that starts with a brace is not taken for JSON.
bool starts_object(std::string_view line) {
  if (!line.starts_with('{')) return false;
  const std::string_view rest = trimmed(line.substr(1));
  return rest.empty() || rest.starts_with('"');
}

}  // namespace

Result<std::optional<json>> json_from(std::string_view text, const Limits& limits) {
  Input input(text, "the object");
  std::optional<json> document;
  const auto take = [&](const JsonRow& row) -> Result<void> {
    document = std::move(row.value);
    return {};
  };
  const Result<std::size_t> rows = read_rows(input, limits, JsonPath{}, take);
  if (!rows && rows.error().code == Errc::limit) return rows.error();
  if (!rows) document.reset();
  return document;
}

Result<void> JsonDocuments::gather(std::string_view line) {
  text_.append(line).append("\n");
  if (text_.size() <= limits_.row_bytes_max) return {};
  Error error = lines_.wrong("a JSON object is larger than " + format_bytes(limits_.row_bytes_max));
  error.code = Errc::limit;
  return error;
}

void JsonDocuments::begin(std::size_t indent) {
  text_.clear();
  depth_ = 0;
  indent_ = indent;
  began_at_ = lines_.number();
}

/// False when it is no JSON: something follows its last brace, or a string does not end on its
/// line.
bool JsonDocuments::count_braces(std::string_view line) {
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_string) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        in_string = false;
      continue;
    }
    if (line[i] == '"') in_string = true;
    if (line[i] == '{') ++depth_;
    if (line[i] == '}' && --depth_ == 0) return i + 1 == line.size();
  }
  return !in_string;
}

Result<std::optional<json>> JsonDocuments::next() {
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
    if (!line) break;
    const std::string_view content = trimmed(*line);
    const std::size_t indent = line->find_first_not_of(" \t");
    if (starts_object(content) && (text_.empty() || indent <= indent_))
      begin(indent);
    else if (text_.empty())
      continue;
    MELISAI_CHECK(gather(content));
    if (!count_braces(content)) {
      text_.clear();
    } else if (depth_ == 0) {
      Result<std::optional<json>> document = json_from(std::exchange(text_, {}), limits_);
      if (!document) return Error{Errc::limit, lines_.wrong(document.error().message).message};
      if (*document) return document;
    }
  }
  if (text_.empty()) return std::optional<json>();
  return lines_.wrong("the text ends within the JSON object that starts in line " +
                      std::to_string(began_at_));
}

}  // namespace melisai::formats
