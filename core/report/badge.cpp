#include <algorithm>
#include <string>

#include "core/report/report.h"
#include "core/report/row_text.h"
#include "core/report/summary.h"
#include "core/report/text.h"
#include "core/report/xml_text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kTextCharactersMax = 60;
constexpr int kCharacterWidth = 7;  // of 11 px in the usual sans-serif fonts, rounded up
constexpr int kPadding = 6;         // on either side of a text
constexpr int kHeight = 20;

// Dark enough for white letters: a contrast of 4.5 to 1 or more (WCAG 2.1, 1.4.3).
const char* fill_of(Badge::Colour colour) {
  switch (colour) {
    case Badge::Colour::green: return "#2d7d32";
    case Badge::Colour::red: return "#c62828";
    case Badge::Colour::amber: return "#96600a";
    case Badge::Colour::grey: return "#616161";
  }
  return "#616161";
}

struct Field {
  int x = 0;
  int text_width = 0;
  std::string text;  ///< as XML
  int width() const { return text_width + 2 * kPadding; }
};

Field field_at(int x, const std::string& text) {
  const std::string shown = clip(one_line(text), kTextCharactersMax);
  return {.x = x, .text_width = kCharacterWidth * display_width(shown), .text = xml_line(shown)};
}

std::string rectangle(const Field& field, const char* fill) {
  return "<rect x=\"" + std::to_string(field.x) + "\" width=\"" + std::to_string(field.width()) +
         "\" height=\"" + std::to_string(kHeight) + "\" fill=\"" + fill + "\"/>";
}

/// textLength: whatever font the reader has, the text keeps inside its field.
std::string words(const Field& field) {
  return "<text x=\"" + std::to_string(field.x + kPadding) + "\" y=\"14\" textLength=\"" +
         std::to_string(field.text_width) + "\">" + field.text + "</text>";
}

}  // namespace

Badge badge_of(const Report& report) {
  Badge badge;
  switch (report.verdict) {
    case Verdict::pass:
      badge.message = "pass";
      badge.colour = Badge::Colour::green;
      break;
    case Verdict::regression: {
      badge.message = "regression";
      badge.colour = Badge::Colour::red;
      const Rows rows = deciding_rows(report);
      const bool is_of_benchmark =
          !rows.empty() && counts(*rows.front()) && rows.front()->decision == Decision::regressed;
      if (is_of_benchmark) badge.message += " " + change_text(*rows.front());
      break;
    }
    case Verdict::inconclusive:
      badge.message = "cannot tell";
      badge.colour = Badge::Colour::amber;
      break;
    case Verdict::error: badge.message = "not measured"; break;
  }
  return badge;
}

std::string render_badge(const Badge& badge) {
  const Field label = field_at(0, badge.label);
  const Field message = field_at(label.width(), badge.message);
  const std::string width = std::to_string(label.width() + message.width());
  const std::string height = std::to_string(kHeight);
  const std::string title = label.text + ": " + message.text;
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
         "\" viewBox=\"0 0 " + width + " " + height + "\" role=\"img\" aria-label=\"" + title +
         "\">\n<title>" + title + "</title>\n<clipPath id=\"r\"><rect width=\"" + width +
         "\" height=\"" + height + "\" rx=\"3\"/></clipPath>\n<g clip-path=\"url(#r)\">" +
         rectangle(label, "#424242") + rectangle(message, fill_of(badge.colour)) +
         "</g>\n<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" "
         "font-size=\"11\">" +
         words(label) + words(message) + "</g>\n</svg>\n";
}

}  // namespace melisai::report
