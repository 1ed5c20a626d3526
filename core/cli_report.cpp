#include "core/cli_report.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/text.h"
#include "core/cli_options.h"

namespace melisai::cli {
namespace {

struct ReportFormat {
  std::string_view name;
  PrintReport::Format format;
};
constexpr std::array kReportFormats{ReportFormat{"terminal", PrintReport::Format::terminal},
                                    ReportFormat{"json", PrintReport::Format::json},
                                    ReportFormat{"markdown", PrintReport::Format::markdown},
                                    ReportFormat{"html", PrintReport::Format::html},
                                    ReportFormat{"junit", PrintReport::Format::junit},
                                    ReportFormat{"github", PrintReport::Format::github},
                                    ReportFormat{"badge", PrintReport::Format::badge}};

/// Names of runs win, so that no file can stand in for one: a path to such a name begins with ./
bool is_path(const std::string& text) {
  const bool is_spelled = text.starts_with('/') || text.starts_with('.');
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_spelled && (is_number || text == "last" || text.find('#') != std::string::npos))
    return false;
  std::error_code error;
  return is_spelled || std::filesystem::exists(text, error);
}

}  // namespace

Result<RunName> run_name(const std::string& option, const std::string& text) {
  if (text == "last") return RunName{};
  if (text.find('#') != std::string::npos) return RunName{.id = {}, .of_daemon = text};
  const Result<std::optional<std::uint64_t>> id = number(option, text, 1, kNumberMax);
  if (!id || !*id)
    return usage(option,
                 in_quotes(text) +
                     " is not the number of a run, nor 'last', nor a name such as demo/build#3; "
                     "`melisai-gate runs` lists them");
  return RunName{static_cast<store::RunId>(**id)};
}

std::string report_formats(const std::string& separator) {
  std::string row;
  for (const ReportFormat& each : kReportFormats)
    row += (row.empty() ? "" : separator) + std::string(each.name);
  return row;
}

Result<PrintReport> read_report_request(const std::string& run, const std::string& format) {
  const auto found = std::find_if(kReportFormats.begin(), kReportFormats.end(),
                                  [&](const ReportFormat& each) { return each.name == format; });
  if (found == kReportFormats.end())
    return usage("--format", in_quotes(format) + " is none of " + report_formats(", "));
  PrintReport print{.run = {}, .path = {}, .format = found->format};
  if (is_path(run)) {
    print.path = absolute(run);
    return print;
  }
  const Result<RunName> name = run_name("report", run);
  if (!name) return Error{Errc::usage, name.error().message + "; nor is there such a file"};
  print.run = *name;
  return print;
}

}  // namespace melisai::cli
