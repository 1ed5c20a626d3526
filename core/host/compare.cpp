#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/base/units.h"
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

std::string count_of(std::size_t count, const std::string& noun) {
  const std::string plural =
      noun.ends_with("y") ? noun.substr(0, noun.size() - 1) + "ies" : noun + "s";
  return std::to_string(count) + " " + (count == 1 ? noun : plural);
}

std::string written(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// "0.13 %", "1.54 k/s", "12.46 ms".
std::string value_text(double value, const std::string& unit) {
  if (unit == "%") return written(std::abs(value) < 10 ? "%.2f %%" : "%.1f %%", value);
  return printable(format_quantity(value, unit == "/s" ? "1/s" : unit));
}

std::string size_text(const HostChange& change) {
  if (!change.delta_pct) return "from 0";
  // Of percentages people compare the points.
  return change.unit == "%" ? written("%+.1f points", change.delta)
                            : written("%+.1f %%", *change.delta_pct);
}

std::string line_of(const HostChange& change) {
  const bool is_noise = change.direction == HostDirection::unchanged;
  const std::string word = is_noise                                        ? "noise   "
                           : change.direction == HostDirection::regression ? "worse   "
                                                                           : "better  ";
  return word + printable(change.category) + " " + printable(change.metric) + ": " +
         value_text(change.old_value, change.unit) + " -> " +
         value_text(change.new_value, change.unit) + " (" + size_text(change) +
         (is_noise ? "" : ", " + std::string(to_string(change.significance))) + ")\n";
}

/// "0.00 % -> 0.01 %" tells people nothing.
bool is_not_to_be_seen(const HostChange& change) {
  constexpr double kPointsShown = 0.1;
  return change.direction == HostDirection::unchanged && change.unit == "%" &&
         std::abs(change.delta) < kPointsShown;
}

std::string changes_of(const HostDiff& diff) {
  std::string text;
  std::size_t shown = 0;
  for (const HostDirection direction :
       {HostDirection::regression, HostDirection::improvement, HostDirection::unchanged}) {
    for (const HostChange& change : diff.changes) {
      if (!change.same_as.empty() || is_not_to_be_seen(change)) continue;
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
  return (*delta > 0 ? "+" : "") + std::to_string(*delta) +
         (std::abs(*delta) == 1 ? " point" : " points");
}

/// What differs and leaves the numbers comparable; the rest is among the doubts.
std::string notes_of(const HostDiff& diff) {
  std::string text;
  for (const HostDifference& each : diff.host_differences) {
    if (!each.is_decisive)
      text += "note: not the same " + printable(each.what) + " (" + printable(each.baseline) +
              " -> " + printable(each.current) + ")\n";
  }
  return text;
}

std::string verdict_line(const HostDiff& diff) {
  switch (verdict_of(diff)) {
    case HostDiffVerdict::pass: return "PASS: nothing is plainly worse\n";
    case HostDiffVerdict::regression:
      return "REGRESSION: " + count_of(static_cast<std::size_t>(diff.regressions), "value") +
             " plainly worse, " + count_of(diff.new_anomalies.size(), "new anomaly") + "\n";
    case HostDiffVerdict::inconclusive: break;
  }
  std::string text;
  for (const std::string& doubt : diff.doubts) text += (text.empty() ? "" : "; ") + doubt;
  return "CANNOT TELL: " + printable(text) + "\n";
}

std::string text_of(const HostDiff& diff) {
  return "baseline " + printable(diff.baseline) + ", current " + printable(diff.current) + "\n" +
         notes_of(diff) + "health score: " + score_change(diff.health_delta) + "; " +
         std::to_string(diff.regressions) + " worse, " + std::to_string(diff.improvements) +
         " better\n" + anomalies_of("new anomaly: ", diff.new_anomalies) +
         anomalies_of("resolved anomaly: ", diff.resolved_anomalies) +
         anomalies_of("hardly changed: ", diff.unclear_anomalies) + changes_of(diff) +
         "One report a side says nothing of chance: what is small, or within the spread of a "
         "window, "
         "is taken for noise.\n" +
         verdict_line(diff);
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
  switch (verdict_of(diff)) {
    case HostDiffVerdict::pass: return 0;
    case HostDiffVerdict::regression: return request.fail_on == FailOn::never ? 0 : 1;
    case HostDiffVerdict::inconclusive: break;
  }
  // Who names what fails means only that.
  return request.fail_on.value_or(FailOn::inconclusive) == FailOn::inconclusive ? 3 : 0;
}

}  // namespace melisai::host
