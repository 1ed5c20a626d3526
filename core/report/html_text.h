// Hostile text inside HTML: it must stay text in an element, in an attribute and in a block of
// JSON. Private to core/report.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::report {

/// Running text or the value of a quoted attribute, on one line, at most `characters` characters.
/// What is invisible or changes the writing direction becomes U+FFFD.
std::string html_text(std::string_view hostile, std::size_t characters = 600);

/// The same of several lines, for <pre>.
std::string html_lines(std::string_view hostile);

/// JSON that no HTML parser ends early or takes for a comment; it means the same.
std::string json_in_html(std::string_view json);

/// A JSON string of clean text, safe in HTML too.
std::string json_text(std::string_view hostile, std::size_t characters = 600);
/// The shortest number that reads back the same; null when it is not finite.
std::string json_number(double value);

std::string base64(std::string_view bytes);
/// Bytes from pairs of hex digits.
std::string from_hex(std::string_view hex);

/// "<tag>" + inner + "</tag>"; `inner` is HTML.
std::string tagged(std::string_view tag, const std::string& inner);
/// The same with a class.
std::string tagged(std::string_view tag, std::string_view css_class, const std::string& inner);

/// Items of HTML one after the other as long as they fit; what does not is counted in a paragraph
/// after `foot`: "12 more benchmarks are left out ...". "" without items.
struct Listed {
  std::string head;
  std::string foot;
  std::string noun;  ///< "benchmark": what one item is
  std::size_t bytes_max = 128 << 10;
};
std::string listed(const Listed& frame, const std::vector<std::string>& items);

}  // namespace melisai::report
