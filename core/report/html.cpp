// The report as one HTML file that needs nothing else: no network, no other file, no script for
// what it says. The script that is in it draws plots and turns pages of tables (core/web).
#include <string>

#include "core/report/html_bundle.h"
#include "core/report/html_data.h"
#include "core/report/html_parts.h"
#include "core/report/html_text.h"
#include "core/report/report.h"
#include "core/report/summary.h"

namespace melisai::report {
namespace {

constexpr std::size_t kReportJsonBytesMax = 5 << 20;

std::string hash_source(std::string_view sha256_hex) {
  return "'sha256-" + base64(from_hex(sha256_hex)) + "'";
}

/// What the page may do: its own script and style, and images that are in it. Nothing is fetched,
/// whatever a name makes of itself.
std::string content_policy() {
  return "default-src 'none'; script-src " + hash_source(kPageScriptSha256) + "; style-src " +
         hash_source(kPageStyleSha256) + "; img-src data:; base-uri 'none'; form-action 'none'";
}

std::string head_html(const Report& report) {
  std::string title = html_text(headline(report), 200);
  if (!report.project.empty()) title += " – " + html_text(report.project, 100);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         content_policy() +
         "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n"
         "<meta name=\"generator\" content=\"melisai-gate\">\n<title>" +
         title + "</title>\n<style>" + std::string(kPageStyle) + "</style>\n</head>\n";
}

std::string navigation(const std::string& body) {
  struct Place {
    const char* id;
    const char* name;
  };
  constexpr Place kPlaces[] = {{"findings", "Findings"},
                               {"why", "Why"},
                               {"benchmarks", "Benchmarks"},
                               {"history", "History"},
                               {"health", "Health"},
                               {"stages", "Stages"},
                               {"measured", "How it was measured"},
                               {"machine", "Machine"},
                               {"data", "Data"}};
  std::string out = "<nav aria-label=\"Sections\"><ul>\n";
  for (const Place& place : kPlaces)
    if (body.find("<section id=\"" + std::string(place.id) + "\"") != std::string::npos)
      out += "<li><a href=\"#" + std::string(place.id) + "\">" + place.name + "</a></li>\n";
  return out + "</ul></nav>\n";
}

std::string data_block(const std::string& id, const std::string& json) {
  return "<script type=\"application/json\" id=\"" + id + "\">" + json + "</script>\n";
}

std::string data_html(bool is_whole) {
  std::string out = "<section id=\"data\"><h2>Data</h2>\n";
  out += is_whole
             ? "<p>The whole report is in this page as JSON, and beside it as report.json.</p>\n"
             : "<p>The report is too large to be in this page as JSON; report.json has all of "
               "it.</p>\n";
  return out +
         "<div id=\"exports\"></div>\n<noscript><p>Plots, search and downloads need JavaScript; "
         "everything else is here without it.</p></noscript>\n</section>\n";
}

}  // namespace

std::string to_html(const Report& report, const Exhibits& exhibits) {
  const std::string json = json_in_html(to_json(report));
  const bool is_whole = json.size() <= kReportJsonBytesMax;
  const std::string body = findings_html(report) + why_html(report, exhibits) +
                           tables_html(report) + history_html(exhibits) + health_html(report) +
                           stages_html(report) + measured_html(report) + machine_html(report) +
                           data_html(is_whole);
  std::string out = head_html(report) +
                    "<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n" +
                    verdict_html(report) + facts_html(report, exhibits) + navigation(body) +
                    "<main>\n" + body + "</main>\n<footer><p>melisai-gate " +
                    html_text(report.tool_version, 100) + "</p></footer>\n";
  if (is_whole) out += data_block("report-data", json);
  out += data_block("plot-data", plot_json(report, exhibits));
  return out + "<script>" + std::string(kPageScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace melisai::report
