// Verdict, findings and tables of the page.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/remarks.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kFindingsShown = 12;
constexpr std::size_t kNameCharacters = 300;
constexpr std::size_t kTableBytesMax = 1'280 << 10;

std::string paragraph(const std::string& text) {
  return text.empty() ? "" : tagged("p", html_text(text, 2'000)) + "\n";
}

/// Told apart by shape too, not by colour alone.
std::string_view sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "✓";
    case Verdict::regression: return "✗";
    case Verdict::inconclusive: return "?";
    case Verdict::error: return "!";
  }
  return "!";
}

/// Words of ours only: safe as a class.
std::string class_of(const BenchmarkResult& row) { return std::string(word_of(row)); }

std::string word_html(const BenchmarkResult& row) {
  return "<span class=\"word " + class_of(row) + "\">" + html_text(decision_text(row)) + "</span>";
}

std::string name_html(const BenchmarkResult& row) {
  std::string out = "<span class=\"name\">" + html_text(row.name, kNameCharacters) + "</span>";
  if (row.metric.name.empty()) return out;
  return out + " <span class=\"metric\">" + html_text(row.metric.name, kNameCharacters) + "</span>";
}

std::string sides_text(const BenchmarkResult& row) {
  return "base " + side_text(row.base, row.metric) + ", head " + side_text(row.head, row.metric);
}

/// Its place in the report, by which the script finds its values.
std::string place_of(const Report& report, const BenchmarkResult& row) {
  return std::to_string(&row - report.benchmarks.data());
}

std::string finding(const Report& report, const BenchmarkResult& row) {
  std::string out = "<article class=\"finding\" data-row=\"" + place_of(report, row) + "\">";
  out += tagged("h3", word_html(row) + " " + name_html(row)) + "\n";
  if (row.decision != Decision::failed)
    out += tagged("p", html_text(evidence_text(row)) + "; " + html_text(sides_text(row))) + "\n";
  if (const std::string note = row_note(row); !note.empty())
    out += tagged("p", "soft", html_text(note)) + "\n";
  return out + "</article>\n";
}

std::string cell(std::string_view label, const std::string& html) {
  return "<td data-label=\"" + std::string(label) + "\">" + html + "</td>";
}

std::string number_cell(std::string_view label, const std::string& text) {
  return "<td class=\"num\" data-label=\"" + std::string(label) + "\">" + html_text(text) + "</td>";
}

std::string table_row(const Report& report, const BenchmarkResult& row) {
  const std::string place = place_of(report, row);
  std::string out =
      "<tr id=\"row-" + place + "\" data-row=\"" + place + "\" data-word=\"" + class_of(row) + "\"";
  if (row.from_zero)
    out += " data-change=\"1e300\"";
  else if (row.effect && std::isfinite(*row.effect))
    out += " data-change=\"" + json_number(*row.effect) + "\"";
  out += "><th scope=\"row\">" + name_html(row);
  if (const std::string note = row_note(row); !note.empty() && row.decision != Decision::clear)
    out += " <span class=\"note\">" + html_text(note) + "</span>";
  out += "</th>" + cell("decision", word_html(row)) + number_cell("change", change_text(row)) +
         number_cell("interval", interval_text(row));
  out += number_cell("threshold",
                     row.decision == Decision::failed ? "-" : format_percent(row.threshold));
  out += number_cell("base", side_text(row.base, row.metric)) +
         number_cell("head", side_text(row.head, row.metric));
  const std::string counted = is_of_files(report) ? "values" : "pairs";
  return out + number_cell(counted, count_text(row)) + "</tr>\n";
}

std::string table_of(const Report& report, const Rows& rows, const std::string& caption) {
  const std::string counted = is_of_files(report) ? "values" : "pairs";
  std::string head = "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" +
                     caption + "\"><table class=\"paged\"><caption>" + caption +
                     ". A positive change is worse.</caption>\n<thead><tr>"
                     "<th scope=\"col\">benchmark</th><th scope=\"col\">decision</th>";
  const std::array<std::string, 6> titles{"change", "interval", "threshold",
                                          "base",   "head",     counted};
  for (const std::string& title : titles)
    head += "<th scope=\"col\" class=\"num\">" + title + "</th>";
  std::vector<std::string> items;
  for (const BenchmarkResult* row : rows) items.push_back(table_row(report, *row));
  return listed({.head = head + "</tr></thead>\n<tbody>\n",
                 .foot = "</tbody></table></div>\n",
                 .noun = "row",
                 .bytes_max = kTableBytesMax},
                items);
}

}  // namespace

std::string verdict_html(const Report& report) {
  const std::string line = headline(report);
  const std::size_t colon = line.find(": ");
  const std::string word = line.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : line.substr(colon);
  std::string out = "<header class=\"verdict " + std::string(to_string(report.verdict)) +
                    "\">\n<h1><span class=\"word\"><span aria-hidden=\"true\">" +
                    std::string(sign_of(report.verdict)) + "</span> " + html_text(word) +
                    "</span>" + html_text(rest, 2'000) + "</h1>\n";
  if (report.verdict == Verdict::inconclusive) {
    const std::string hidden = hidden_slowdown(report);
    out += tagged("p", tagged("strong", "This is not a pass: it cannot be told.") +
                           (hidden.empty() ? "" : " " + html_text(hidden))) +
           "\n";
  }
  out += paragraph(what_ran(report) + (report.reason.empty() ? "" : " " + report.reason));
  if (report.verdict == Verdict::inconclusive || report.verdict == Verdict::error)
    if (const std::string action = next_action(report); !action.empty())
      out += paragraph("Next: " + action);
  return out + paragraph(one_sided(report)) + "</header>\n";
}

std::string findings_html(const Report& report) {
  const Rows worst = findings(deciding_rows(report));
  std::string out = "<section id=\"findings\" tabindex=\"-1\"><h2>Findings</h2>\n";
  if (worst.empty())
    return out + paragraph("Nothing needs attention: " + what_ran(report)) + "</section>\n";
  for (std::size_t i = 0; i < std::min(worst.size(), kFindingsShown); ++i)
    out += finding(report, *worst[i]);
  if (worst.size() > kFindingsShown)
    out += "<p>" + count_of(worst.size() - kFindingsShown, "more finding") +
           " in <a href=\"#benchmarks\">the table</a>.</p>\n";
  return out + "</section>\n";
}

std::string tables_html(const Report& report) {
  const Rows deciding = deciding_rows(report);
  const Rows shown = shown_rows(report);
  if (deciding.empty() && shown.empty()) return "";
  std::string out = "<section id=\"benchmarks\"><h2>Benchmarks</h2>\n";
  if (deciding.empty()) out += paragraph("No metric decides the verdict.");
  out += table_of(report, deciding, "Metrics that decide the verdict, the worst first");
  if (!shown.empty())
    out += "<details><summary>" + count_of(shown.size(), "metric") +
           " shown only, without a vote</summary>\n" +
           table_of(report, shown, "Metrics without a vote") + "</details>\n";
  return out + "</section>\n";
}

}  // namespace melisai::report
