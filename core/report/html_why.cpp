// Why benchmarks regressed, with numbers, functions and flame graphs; the history.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/units.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kExplainedMax = 50;
constexpr std::size_t kFunctionsMax = 20;
constexpr std::size_t kMetricsMax = 30;
constexpr std::size_t kFilesMax = 20;

std::string quantity_html(const std::optional<double>& value, const std::string& unit) {
  return value && std::isfinite(*value)
             ? html_text(format_quantity(*value, clip(one_line(unit), 20)))
             : "-";
}

std::string row_of(const std::string& first, const std::vector<std::string>& numbers) {
  std::string out = "<tr><th scope=\"row\">" + first + "</th>";
  for (const std::string& number : numbers) out += tagged("td", "num", number);
  return out + "</tr>\n";
}

std::string head_of(const std::string& first, const std::vector<std::string>& numbers) {
  std::string out = "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">" + first + "</th>";
  for (const std::string& number : numbers)
    out += "<th scope=\"col\" class=\"num\">" + number + "</th>";
  return out + "</tr></thead><tbody>\n";
}

std::string functions_table(const Evidence& evidence) {
  std::vector<std::string> items;
  for (const EvidenceFunction& each : evidence.functions) {
    if (items.size() == kFunctionsMax) break;
    std::string place = each.file;
    if (!place.empty() && each.line > 0) place += ":" + std::to_string(each.line);
    std::string name = "<span class=\"name\">" + html_text(each.name, 300) + "</span>";
    if (!place.empty()) name += " <span class=\"note\">" + html_text(place, 300) + "</span>";
    items.push_back(
        row_of(name, {html_text(each.when, 20), quantity_html(each.base, each.unit),
                      quantity_html(each.head, each.unit),
                      format_percent(std::isfinite(each.confidence) ? each.confidence : 0)}));
  }
  return listed({.head = head_of("function", {"when", "base, per run", "head, per run", "sure"}),
                 .foot = "</tbody></table></div>\n",
                 .noun = "function"},
                items);
}

std::string metrics_table(const Evidence& evidence) {
  std::vector<std::string> items;
  for (const EvidenceMetric& each : evidence.metrics) {
    if (items.size() == kMetricsMax) break;
    items.push_back(row_of(html_text(each.name, 100), {quantity_html(each.base, each.unit),
                                                       quantity_html(each.head, each.unit)}));
  }
  return listed({.head = head_of("per run", {"base", "head"}),
                 .foot = "</tbody></table></div>\n",
                 .noun = "number"},
                items);
}

/// A file beside the page that a link may name: nothing that a browser takes for an address.
bool is_beside(const std::string& path) {
  constexpr std::string_view kFolder = "flame/";
  return path.starts_with(kFolder) && path.size() > kFolder.size() && path.size() <= 255 &&
         path.find("..") == std::string::npos &&
         std::all_of(path.begin() + kFolder.size(), path.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

const std::string* svg_of(const Exhibits& exhibits, const std::string& path) {
  const auto found = std::find_if(exhibits.flames.begin(), exhibits.flames.end(),
                                  [&](const ShownFlame& each) { return each.path == path; });
  return found == exhibits.flames.end() ? nullptr : &found->svg;
}

/// As an image, a graph runs no script and loads nothing, whatever is written in it.
std::string flame_html(const Evidence& evidence, const Exhibits& exhibits, std::size_t& room) {
  std::string out;
  std::size_t count = 0;
  for (const EvidenceFile& file : evidence.files) {
    if (file.kind != "flame_graph" || ++count > kFilesMax) continue;
    const std::string* svg = svg_of(exhibits, file.path);
    const bool fits = svg != nullptr && svg->size() <= std::min(kFlameBytesMax, room);
    out += "<figure>";
    if (fits) {
      room -= svg->size();
      const std::string what =
          "Flame graph of the difference: " + html_text(evidence.benchmark, 200);
      out += "<div class=\"flame\" role=\"region\" tabindex=\"0\" aria-label=\"" + what +
             "\"><img alt=\"" + what + "\" src=\"data:image/svg+xml;base64," + base64(*svg) +
             "\"></div>";
    }
    const std::string name = html_text(file.path, 255);
    out += "<figcaption>Flame graph of the difference";
    out += is_beside(file.path)
               ? "; with search and zoom in <a href=\"" + name + "\">" + name + "</a>"
               : ": " + name;
    out += std::string(fits ? "" : " (beside report.json, not in this page)") +
           "</figcaption></figure>\n";
  }
  return out;
}

std::string explained(const Evidence& evidence, const Exhibits& exhibits, std::size_t& room) {
  std::string out =
      "<article class=\"why\"><h3 class=\"name\">" + html_text(evidence.benchmark, 300) + "</h3>\n";
  out += tagged("p", html_text(evidence.sentence, 1'000)) + "\n";
  if (!evidence.advice.empty())
    out +=
        tagged("p", tagged("strong", "Advice:") + " " + html_text(evidence.advice, 1'000)) + "\n";
  if (!evidence.note.empty()) out += tagged("p", "soft", html_text(evidence.note, 1'000)) + "\n";
  out += functions_table(evidence) + metrics_table(evidence);
  return out + flame_html(evidence, exhibits, room) + "</article>\n";
}

std::string history_line(const ShownHistory& history) {
  std::string out = "<li><span class=\"name\">" + html_text(history.id.benchmark, 300) +
                    "</span> <span class=\"metric\">" + html_text(history.id.metric, 100) +
                    "</span>: " + count_of(history.points.size(), "commit");
  if (!history.points.empty())
    out += ", last " + quantity_html(history.points.back().value, history.unit);
  out += history.changes.empty() ? ", no change for good" : "; changed for good at ";
  std::string places;
  for (const std::size_t index : history.changes)
    if (index < history.points.size())
      places += (places.empty() ? "" : ", ") + html_text(history.points[index].label, 60);
  return out + places + "</li>\n";
}

}  // namespace

std::string why_html(const Report& report, const Exhibits& exhibits) {
  if (report.evidence.empty()) return "";
  std::string out = "<section id=\"why\"><h2>Why</h2>\n";
  std::size_t room = kFlamesBytesMax;
  for (std::size_t i = 0; i < std::min(report.evidence.size(), kExplainedMax); ++i)
    out += explained(report.evidence[i], exhibits, room);
  if (report.evidence.size() > kExplainedMax)
    out += tagged("p", count_of(report.evidence.size() - kExplainedMax, "more explanation") +
                           " in report.json.") +
           "\n";
  return out + "</section>\n";
}

std::string history_html(const Exhibits& exhibits) {
  std::vector<std::string> items;
  for (const ShownHistory& each : exhibits.history) items.push_back(history_line(each));
  return listed({.head = "<section id=\"history\"><h2>History</h2>\n"
                         "<p class=\"soft\">What heads measured on this machine, in the order of "
                         "their runs.</p>\n<ul>\n",
                 .foot = "</ul>\n<div id=\"history-plots\"></div>\n</section>\n",
                 .noun = "history"},
                items);
}

}  // namespace melisai::report
