#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/gate/health/health.h"
#include "core/host/host.h"

namespace melisai::host {
namespace {

constexpr Bytes kReportMax = 32 << 20;
constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kChangesMax = 40;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

Result<HostReport> report_in(const std::string& file) {
  MELISAI_TRY(const std::string text, read_file(file, kReportMax));
  Result<HostReport> report = parse_host_report(without_mark(text));
  if (!report) return with_context(std::move(report).error(), file);
  return report;
}

std::string fixed(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string line_of(const HostChange& change) {
  std::array<char, 32> percent{};
  if (change.delta_pct)
    std::snprintf(percent.data(), percent.size(), "%+.1f %%", *change.delta_pct);
  const std::string size = change.delta_pct ? percent.data() : "from 0";
  return std::string(change.direction == HostDirection::regression    ? "worse   "
                     : change.direction == HostDirection::improvement ? "better  "
                                                                      : "        ") +
         printable(change.category) + " " + printable(change.metric) + ": " +
         fixed(change.old_value) + " -> " + fixed(change.new_value) + " (" + size + ", " +
         std::string(to_string(change.significance)) + ")\n";
}

std::string changes_of(const HostDiff& diff) {
  std::string text;
  std::size_t shown = 0;
  for (const HostDirection direction :
       {HostDirection::regression, HostDirection::improvement, HostDirection::unchanged}) {
    for (const HostChange& change : diff.changes) {
      if (change.direction == direction && shown++ < kChangesMax) text += line_of(change);
    }
  }
  if (shown > kChangesMax)
    text += "and " + std::to_string(shown - kChangesMax) + " more with --json\n";
  return text;
}

std::string anomalies_of(const char* word, const std::vector<Anomaly>& anomalies) {
  std::string text;
  for (const Anomaly& anomaly : anomalies)
    text +=
        std::string(word) + printable(anomaly.message) + " [" + printable(anomaly.metric) + "]\n";
  return text;
}

std::string score_change(std::optional<int> delta) {
  if (!delta) return "not known of both";
  return (*delta > 0 ? "+" : "") + std::to_string(*delta) + " points";
}

std::string hosts_of(const HostDiff& diff) {
  if (diff.host_differences.empty()) return "";
  std::string text;
  for (const HostDifference& each : diff.host_differences)
    text += (text.empty() ? "" : ", ") + printable(each.what) + " " + printable(each.baseline) +
            " -> " + printable(each.current);
  return "two hosts (" + text + "): what differs may be the machine\n";
}

std::string text_of(const HostDiff& diff) {
  return "baseline " + printable(diff.baseline) + ", current " + printable(diff.current) + "\n" +
         hosts_of(diff) + "health score: " + score_change(diff.health_delta) + "; " +
         std::to_string(diff.regressions) + " worse, " + std::to_string(diff.improvements) +
         " better\n" + anomalies_of("new anomaly: ", diff.new_anomalies) +
         anomalies_of("resolved anomaly: ", diff.resolved_anomalies) + changes_of(diff) +
         "One report a side: nothing here tells a change from noise.\n";
}

}  // namespace

bool is_report(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  std::ifstream stream(file, std::ios::binary);
  std::string head(kHeadBytes, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  const std::string_view text = without_mark(head);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{' &&
         text.find("\"metadata\"") != std::string::npos &&
         text.find("\"schema_version\"") != std::string::npos &&
         text.find("\"profile\"") != std::string::npos;
}

Error no_pair(const std::string& report, const std::string& other) {
  if (other == "-")
    return {Errc::usage, in_quotes(report) +
                             " is a host report, and those are not read from standard input; name "
                             "two files"};
  std::error_code error;
  if (!std::filesystem::exists(other, error))
    return {Errc::not_found, "there is no file " + in_quotes(other)};
  return {Errc::usage, in_quotes(report) + " is a host report and " + in_quotes(other) +
                           " is none; give two reports of `melisai-gate collect`, or two results "
                           "of benchmarks"};
}

Error not_for_reports(const std::string& option) {
  return {Errc::usage, option +
                           ": is for results of benchmarks, and these are two reports of "
                           "`melisai-gate collect`, which take --json and --fail-on only"};
}

Result<int> compare(const CompareRequest& request,
                    const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(const HostReport baseline, report_in(request.baseline));
  MELISAI_TRY(const HostReport current, report_in(request.current));
  const HostDiff diff = gate::compare_hosts(baseline, current);
  if (!print(request.json ? to_json(diff) : text_of(diff))) return cannot_print();
  const bool is_worse = diff.regressions > 0 || !diff.new_anomalies.empty();
  return is_worse && request.fail_on != FailOn::never ? 1 : 0;
}

}  // namespace melisai::host
