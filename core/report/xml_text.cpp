#include "core/report/xml_text.h"

#include "core/report/text.h"

namespace melisai::report {
namespace {

std::string escaped(std::string_view clean) {
  std::string out;
  out.reserve(clean.size());
  for (std::size_t at = 0; at < clean.size(); ++at) {
    switch (clean[at]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default: {
        // U+FFFE and U+FFFF are characters to UTF-8 and none to XML.
        const std::string_view three = clean.substr(at, 3);
        if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
          out += "\xEF\xBF\xBD";
          at += 2;
        } else {
          out += clean[at];
        }
      }
    }
  }
  return out;
}

}  // namespace

std::string xml_line(std::string_view hostile) { return escaped(one_line(hostile)); }

std::string xml_lines(std::string_view hostile) { return escaped(plain_lines(hostile)); }

}  // namespace melisai::report
