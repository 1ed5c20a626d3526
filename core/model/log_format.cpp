#include "core/model/log_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "core/base/text.h"

namespace melisai {
namespace {

using Kind = LogPiece::Kind;

constexpr int kWidthMax = 200;

struct Field {
  std::string_view name;
  Kind kind;
};
constexpr std::array<Field, 4> kFields = {{{"asctime", Kind::time},
                                           {"name", Kind::name},
                                           {"levelname", Kind::level},
                                           {"message", Kind::message}}};

std::optional<Kind> kind_of(std::string_view name) {
  for (const Field& field : kFields)
    if (field.name == name) return field.kind;
  return std::nullopt;
}

Error unknown_field(std::string_view text) {
  return {Errc::config, in_quotes(text) +
                            " stands for nothing here; use %(asctime)s, %(name)s, "
                            "%(levelname)s, %(message)s, or %% for the sign"};
}

/// Takes "%(name)s" or "%(name)-8s" off `text`.
Result<LogPiece> take_field(std::string_view& text) {
  const std::string_view shown = text.substr(0, text.find(' '));
  const std::size_t close = text.find(')');
  if (!text.starts_with("%(") || close == std::string_view::npos) return unknown_field(shown);
  LogPiece piece;
  const std::optional<Kind> kind = kind_of(text.substr(2, close - 2));
  if (!kind) return unknown_field(text.substr(0, close + 2));
  piece.kind = *kind;
  const char* const end = text.data() + text.size();
  const char* const start = text.data() + close + 1;
  const auto [stop, error] = std::from_chars(start, end, piece.width);
  const bool has_width = error == std::errc{};
  if (has_width && std::abs(piece.width) > kWidthMax) return unknown_field(shown);
  text.remove_prefix(static_cast<std::size_t>((has_width ? stop : start) - text.data()));
  if (!text.starts_with('s')) return unknown_field(shown);
  text.remove_prefix(1);
  return piece;
}

void add_text(LogFormat& format, std::string_view text) {
  if (text.empty()) return;
  if (format.empty() || format.back().kind != Kind::text) format.emplace_back();
  format.back().text += text;
}

std::string_view value_of(const LogPiece& piece, const LogRecord& record) {
  switch (piece.kind) {
    case Kind::text: return piece.text;
    case Kind::time: return record.time;
    case Kind::name: return record.name;
    case Kind::level: return record.level;
    case Kind::message: return record.message;
  }
  return "";
}

}  // namespace

Result<LogFormat> parse_log_format(std::string_view text) {
  LogFormat format;
  while (!text.empty()) {
    const std::size_t sign = std::min(text.find('%'), text.size());
    add_text(format, text.substr(0, sign));
    text.remove_prefix(sign);
    if (text.starts_with("%%")) {
      add_text(format, "%");
      text.remove_prefix(2);
    } else if (!text.empty()) {
      MELISAI_TRY(LogPiece field, take_field(text));
      format.push_back(std::move(field));
    }
  }
  return format;
}

std::string log_line(const LogFormat& format, const LogRecord& record) {
  std::string line;
  for (const LogPiece& piece : format) {
    const std::string_view value = value_of(piece, record);
    const auto width = static_cast<std::size_t>(std::abs(piece.width));
    const std::string fill(width > value.size() ? width - value.size() : 0, ' ');
    if (piece.width >= 0) line += fill;
    line += value;
    if (piece.width < 0) line += fill;
  }
  return line;
}

}  // namespace melisai
