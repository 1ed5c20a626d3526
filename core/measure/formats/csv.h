// Tables of comma-separated values (RFC 4180, a quoted field ends on its line), of any of the
// separators that spreadsheets and locales use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/lines.h"

namespace melisai::formats {

using CsvFields = std::vector<std::string>;

/// Errors: parse (a quote that does not end; text between a quote and the separator).
Result<CsvFields> split_csv(std::string_view line, char separator);

/// The separator that splits `header` into most fields: one of , ; and tab.
char separator_of(std::string_view header);

/// The rest of `lines` as a table whose first line is its header.
class CsvTable {
 public:
  /// Errors: parse, when there is no line, or its quotes are wrong.
  static Result<CsvTable> read_header(Lines& lines);

  /// Position of a column; its name without blanks and in any case.
  std::optional<std::size_t> column(std::string_view name) const;
  const CsvFields& header() const { return header_; }
  /// The next row that is not blank, with as many fields as the header: missing ones are "", and
  /// empty ones behind its last column are left out. Nothing at the end. Errors: parse (more fields
  /// than the header), those of Lines::next().
  Result<std::optional<CsvFields>> next();
  char separator() const { return separator_; }

 private:
  CsvTable(Lines& lines, char separator, CsvFields header)
      : lines_(&lines), separator_(separator), header_(std::move(header)) {}

  Lines* lines_;
  char separator_;
  CsvFields header_;
};

}  // namespace melisai::formats
