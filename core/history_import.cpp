#include "core/history_import.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/version.h"

namespace melisai {
namespace {

using formats::PastReadings;
using formats::Reading;

constexpr const char* kImported = "imported";  ///< in place of a machine and a configuration
constexpr std::size_t kCommitsMax = 100'000;
constexpr std::size_t kRunsMax = 1'000'000;

bool is_full_hash(const std::string& text) {
  constexpr std::size_t kSha1 = 40, kSha256 = 64;
  return (text.size() == kSha1 || text.size() == kSha256) &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Usually a hash, but the file is somebody else's.
bool is_name(const std::string& commit) {
  constexpr std::size_t kNameMax = 100;
  return !commit.empty() && commit.size() <= kNameMax && printable(commit) == commit;
}

/// When it was measured; `now` when the file does not say.
std::string date_of(const PastReadings& past, const std::string& now) {
  constexpr std::int64_t kYear2100 = 4'102'444'800'000;
  if (past.date_ms <= 0 || past.date_ms > kYear2100) return now;
  return utc_time(std::chrono::system_clock::time_point(Milliseconds(past.date_ms)));
}

Result<std::vector<CommitResults>> read_past(const std::string& file, const std::string& now) {
  std::vector<CommitResults> all;
  std::map<std::string, std::size_t> places;
  MELISAI_CHECK(formats::read_history(file, {}, [&](PastReadings& past) -> Result<void> {
    if (!is_name(past.commit))
      return Error{Errc::parse, in_quotes(past.commit) + " is not the name of a commit"};
    const auto [place, is_new] = places.try_emplace(past.commit, all.size());
    if (is_new && all.size() == kCommitsMax)
      return Error{Errc::limit, "more than " + std::to_string(kCommitsMax) + " commits"};
    if (is_new) all.push_back({past.commit, date_of(past, now), {}});
    std::vector<Reading>& readings = all[place->second].readings;
    std::move(past.readings.readings.begin(), past.readings.readings.end(),
              std::back_inserter(readings));
    return {};
  }));
  // Suite comes after suite in the file.
  std::stable_sort(all.begin(), all.end(),
                   [](const CommitResults& a, const CommitResults& b) { return a.date < b.date; });
  return all;
}

using Known = std::map<std::string, std::set<SeriesId>>;

/// What earlier imports of the project stored, by commit.
Result<Known> imported_before(const store::Store& store, const std::string& project) {
  MELISAI_TRY(const std::vector<store::RunSummary> runs,
              store.runs({.project = project, .limit = kRunsMax}));
  Known known;
  for (const store::RunSummary& summary : runs) {
    if (summary.command != kImportCommand || summary.state != store::RunState::finished) continue;
    MELISAI_TRY(const store::Run run, store.run(summary.id));
    if (!run.report) continue;
    for (const BenchmarkResult& result : run.report->benchmarks)
      known[summary.head.sha].insert({result.name, result.metric.name});
  }
  return known;
}

Report report_of(const CommitResults& results, const ImportHistory& request,
                 const std::set<SeriesId>& known) {
  Report report;
  report.command = kImportCommand;
  report.tool_version = kVersion;
  report.project = request.project;
  report.started_at = results.date;
  report.head.sha = results.commit;
  report.machine.fingerprint = kImported;
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::nothing_compared;
  report.reason = "imported from " + printable(request.file) + ": nothing was compared";
  for (const Reading& reading : results.readings) {
    if (known.contains({reading.benchmark, reading.metric.name})) continue;
    BenchmarkResult& result = report.benchmarks.emplace_back();
    result.name = reading.benchmark;
    result.metric = reading.metric;
    result.decision = Decision::added;
    result.level = Level::off;
    result.head = Side{.median = reading.value, .values = 1};
  }
  return report;
}

Result<void> store_run(Report& report, const ImportHistory& request, store::Store& store) {
  MELISAI_TRY(report.run, store.begin_run({.command = kImportCommand,
                                           .directory = request.directory,
                                           .output_dir = "",
                                           .started_at = report.started_at,
                                           .tool_version = report.tool_version,
                                           .project = report.project}));
  return store.finish_run(report.run, report,
                          {.branch = request.branch, .configuration = kImported});
}

}  // namespace

Result<std::vector<CommitResults>> results_to_import(const ImportHistory& request,
                                                     const std::string& now) {
  MELISAI_TRY(formats::Readings readings, formats::read_path(request.file, request.format, {}));
  const bool names_commits = formats::is_history(readings.format);
  if (names_commits && !(request.commit + request.date).empty())
    return Error{Errc::usage, "--commit and --date: " + printable(request.file) +
                                  " says itself which commits it is of"};
  if (names_commits && request.file == "-")
    return Error{Errc::usage, "a history is read twice; save it to a file first"};
  if (names_commits) return read_past(request.file, now);
  if (!is_full_hash(request.commit))
    return Error{Errc::usage, "--commit: " + in_quotes(request.commit) +
                                  " is not the full hash of the commit that " +
                                  printable(request.file) +
                                  " was measured at; `git rev-parse COMMIT` prints it"};
  return std::vector<CommitResults>{{.commit = request.commit,
                                     .date = request.date.empty() ? now : request.date,
                                     .readings = std::move(readings.readings)}};
}

Result<Imported> import_results(const std::vector<CommitResults>& results,
                                const ImportHistory& request, store::Store& store,
                                const std::function<bool()>& interrupted) {
  MELISAI_TRY(Known known, imported_before(store, request.project));
  Imported imported;
  for (const CommitResults& each : results) {
    if (interrupted && interrupted())
      return Error{Errc::interrupted, "interrupted after " + std::to_string(imported.commits) +
                                          " commits; run it again for the rest"};
    Report report = report_of(each, request, known[each.commit]);
    if (report.benchmarks.empty()) {
      ++imported.known;
      continue;
    }
    MELISAI_CHECK(store_run(report, request, store));
    ++imported.commits;
  }
  return imported;
}

}  // namespace melisai
