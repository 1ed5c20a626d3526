#include "core/measure/formats/csv.h"

#include <algorithm>
#include <array>

namespace melisai::formats {
namespace {

constexpr std::size_t kFieldsMax = 1'000;

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// The quoted field at the start of `line`, taken off; nothing when the quote does not end.
std::optional<std::string> take_quoted(std::string_view& line) {
  std::string text;
  for (std::size_t from = 1;;) {
    const std::size_t quote = line.find('"', from);
    if (quote == std::string_view::npos) return std::nullopt;
    text += line.substr(from, quote - from);
    if (!line.substr(quote + 1).starts_with('"')) {
      line.remove_prefix(quote + 1);
      return text;
    }
    text += '"';
    from = quote + 2;
  }
}

}  // namespace

Result<CsvFields> split_csv(std::string_view line, char separator) {
  CsvFields fields;
  while (true) {
    if (fields.size() == kFieldsMax)
      return Error{Errc::parse, "more than " + std::to_string(kFieldsMax) + " fields"};
    if (line.starts_with('"')) {
      std::optional<std::string> field = take_quoted(line);
      if (!field) return Error{Errc::parse, "a quoted field does not end on its line"};
      fields.push_back(*std::move(field));
      if (!line.empty() && line.front() != separator)
        return Error{Errc::parse, "there is text between a closing quote and the separator"};
    } else {
      const std::size_t end = std::min(line.find(separator), line.size());
      fields.emplace_back(line.substr(0, end));
      line.remove_prefix(end);
    }
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

char separator_of(std::string_view header) {
  constexpr std::array<char, 3> kSeparators{',', ';', '\t'};
  return *std::max_element(kSeparators.begin(), kSeparators.end(), [&](char a, char b) {
    return std::count(header.begin(), header.end(), a) <
           std::count(header.begin(), header.end(), b);
  });
}

Result<CsvTable> CsvTable::read_header(Lines& lines) {
  MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
  if (!line) return Error{Errc::parse, "there is no header"};
  const char separator = separator_of(*line);
  Result<CsvFields> header = split_csv(*line, separator);
  if (!header) return lines.wrong(header.error().message);
  return CsvTable(lines, separator, *std::move(header));
}

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
  const auto found = std::find_if(header_.begin(), header_.end(), [&](const std::string& field) {
    return same_letters(trimmed(field), name);
  });
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

Result<std::optional<CsvFields>> CsvTable::next() {
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines_->next());
    if (!line) return std::optional<CsvFields>();
    if (trimmed(*line).empty()) continue;
    Result<CsvFields> fields = split_csv(*line, separator_);
    if (!fields) return lines_->wrong(fields.error().message);
    while (fields->size() > header_.size() && fields->back().empty()) fields->pop_back();
    if (fields->size() > header_.size())
      return lines_->wrong("there are " + std::to_string(fields->size()) +
                           " fields and the header has " + std::to_string(header_.size()));
    fields->resize(header_.size());
    return std::optional(*std::move(fields));
  }
}

}  // namespace melisai::formats
