#include "core/compare_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/base/glob.h"
#include "core/gate/gate.h"
#include "core/measure/formats/formats.h"
#include "core/report/report.h"
#include "core/step.h"
#include "core/version.h"

namespace melisai {
namespace {

using formats::Reading;
using formats::Readings;

bool is_alike(const Metric& a, const Metric& b) { return a.unit == b.unit && a.better == b.better; }

/// One side's values, run by run.
struct Sampled {
  std::map<SeriesId, std::vector<double>> values;
  std::map<SeriesId, Metric> metrics;
  std::vector<SeriesId> order;  ///< in which they first came
  std::set<SeriesId> mixed;     ///< of different units or directions in different runs
  std::map<std::string, std::string> failed;
};

/// Of several runs each counts once, because repetitions within a run share what differs between
/// runs; of a single one its repetitions are all there is.
Sampled sampled(const std::vector<Readings>& runs) {
  Sampled side;
  for (const Readings& run : runs) {
    for (const Reading& reading : run.readings) {
      const SeriesId id{reading.benchmark, reading.metric.name};
      const auto [known, is_new] = side.metrics.try_emplace(id, reading.metric);
      if (is_new) side.order.push_back(id);
      if (!is_alike(known->second, reading.metric)) side.mixed.insert(id);
      std::vector<double>& values = side.values[id];
      if (runs.size() == 1 && !reading.values.empty())
        values = reading.values;
      else
        values.push_back(reading.value);
    }
    side.failed.insert(run.failed.begin(), run.failed.end());
  }
  return side;
}

/// Benchmarks of both sides in the order of the head, then those that only the base has.
class Comparison {
 public:
  Comparison(const Sampled& base, const Sampled& head, const std::string& only)
      : base_(base), head_(head), only_(only) {
    for (const Sampled* side : {&head, &base})
      for (const SeriesId& id : side->order) take(id);
    for (const auto* side : {&base, &head})
      for (const auto& [name, why] : side->failed) take_failure(name, side == &base, why);
  }

  std::vector<BenchmarkResult> judged(const Policy& policy, std::optional<double> noise) const {
    std::vector<BenchmarkResult> results = gate::judge_samples(series_, policy, noise);
    results.insert(results.end(), failures_.begin(), failures_.end());
    return results;
  }

  report::Exhibits shown() const {
    report::Exhibits exhibits;
    for (const gate::SampledSeries& each : series_)
      exhibits.series.push_back(
          {.id = each.id, .pairs = {}, .base = each.base, .head = each.head, .running = {}});
    return exhibits;
  }

 private:
  bool is_selected(const std::string& name) const {
    return only_.empty() || matches_glob(only_, name);
  }

  void take(const SeriesId& id) {
    if (!is_selected(id.benchmark) || !taken_.insert(id).second) return;
    // A failure of one side is told once, not as a benchmark that came or went.
    if (base_.failed.contains(id.benchmark) || head_.failed.contains(id.benchmark)) return;
    const auto base = base_.metrics.find(id), head = head_.metrics.find(id);
    const bool is_in_base = base != base_.metrics.end(), is_in_head = head != head_.metrics.end();
    gate::SampledSeries series{.id = id,
                               .metric = is_in_head ? head->second : base->second,
                               .base = values_of(base_, id),
                               .head = values_of(head_, id),
                               .defect = ""};
    if (is_in_base && is_in_head && !is_alike(base->second, head->second))
      series.defect = "base and head report different units or directions";
    for (const Sampled* side : {&base_, &head_})
      if (side->mixed.contains(id))
        series.defect = "the runs of one side report different units or directions";
    series_.push_back(std::move(series));
  }

  void take_failure(const std::string& name, bool is_base, const std::string& why) {
    if (!is_selected(name)) return;
    BenchmarkResult& failure = failures_.emplace_back();
    failure.name = name;
    failure.decision = Decision::failed;
    failure.gating = true;
    failure.note = std::string(is_base ? "base: " : "head: ") + why;
  }

  static std::vector<double> values_of(const Sampled& side, const SeriesId& id) {
    const auto found = side.values.find(id);
    return found == side.values.end() ? std::vector<double>() : found->second;
  }

  const Sampled& base_;
  const Sampled& head_;
  const std::string& only_;
  std::set<SeriesId> taken_;
  std::vector<gate::SampledSeries> series_;
  std::vector<BenchmarkResult> failures_;
};

/// In how many of `runs` each benchmark that matches `only` is, measured or failed.
std::map<std::string, std::size_t> runs_with(const std::vector<Readings>& runs,
                                             const std::string& only) {
  std::map<std::string, std::size_t> counts;
  for (const Readings& run : runs) {
    std::set<std::string> names;
    for (const Reading& reading : run.readings) names.insert(reading.benchmark);
    for (const auto& [name, why] : run.failed) names.insert(name);
    for (const std::string& name : names) counts[name] += only.empty() || matches_glob(only, name);
  }
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
  return counts;
}

/// "BM_A is in 5 of 8 runs of head", or "": what the other runs would have said is not known.
std::string absences(const char* side, const std::vector<Readings>& runs, const std::string& only) {
  std::map<std::string, std::size_t> counts = runs_with(runs, only);
  std::erase_if(counts, [&](const auto& entry) { return entry.second == runs.size(); });
  if (counts.empty()) return "";
  const auto& [name, count] = *counts.begin();
  return name + " is in " + std::to_string(count) + " of " + std::to_string(runs.size()) +
         " runs of " + side +
         (counts.size() == 1 ? "" : ", and " + std::to_string(counts.size() - 1) + " more like it");
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

/// What nobody sees in the numbers.
std::vector<std::string> caveats(const std::vector<Readings>& base,
                                 const std::vector<Readings>& head, const CompareRequest& request) {
  std::vector<std::string> all;
  if (base.front().format != head.front().format)
    all.push_back("base is " + base.front().format + " and head is " + head.front().format +
                  ": the tools may not measure the same thing");
  const auto repeats = [](const std::vector<Readings>& runs) {
    return runs.size() == 1 && std::any_of(runs[0].readings.begin(), runs[0].readings.end(),
                                           [](const Reading& r) { return r.values.size() > 1; });
  };
  for (const std::string& absence :
       {absences("base", base, request.only), absences("head", head, request.only)})
    if (!absence.empty()) all.push_back(absence + "; a run that ended early leaves them out");
  if (request.noise_floor)
    all.push_back("no difference within --noise-floor " +
                  report::format_percent(*request.noise_floor) +
                  " counts, and every decision rests on that number: it was given, not measured");
  else if (repeats(base) || repeats(head))
    all.emplace_back(
        "repetitions of one run do not show what differs between runs; a directory with one result "
        "file a run does, and `melisai-gate check` measures both sides in turn");
  return all;
}

std::string name_of(const std::string& path) { return path == "-" ? "standard input" : path; }

/// A report of ours, which is no result: `check` has judged it already.
bool is_own_report(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  constexpr std::size_t kHeadBytes = 4096;
  std::ifstream stream(path, std::ios::binary);
  std::string head(kHeadBytes, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.find("\"schema_version\"") != std::string::npos &&
         head.find("\"reason_code\"") != std::string::npos;
}

Step<std::vector<Readings>> read_side(const std::string& path, const FormatSpec& format) {
  auto read = step(formats::read_runs(path, format, {}), ReasonCode::configuration);
  if (read) return read;
  Stop stop = read.error();
  std::string& reason = stop.reason;
  if (is_own_report(path)) {
    reason = path + ": is a report of melisai-gate, whose benchmarks are judged already";
  } else if (const std::size_t advice = reason.find("; `melisai-gate formats`");
             advice != std::string::npos) {
    // What a pipeline file could do about it; the report's next action says what helps here.
    reason.resize(advice);
  }
  return stop;
}

Step<void> compare_into(Report& report, report::Exhibits& exhibits, const CompareRequest& request,
                        const Policy& policy) {
  MELISAI_TRY(const std::vector<Readings> base, read_side(request.base, request.format));
  MELISAI_TRY(const std::vector<Readings> head, read_side(request.head, request.format));
  const Sampled base_side = sampled(base), head_side = sampled(head);
  const Comparison comparison(base_side, head_side, request.only);
  report.benchmarks = comparison.judged(policy, request.noise_floor);
  exhibits = comparison.shown();
  if (report.benchmarks.empty())
    return Stop{ReasonCode::configuration, "--only matches no benchmark of either side"};
  report.warnings = caveats(base, head, request);
  if (is_same_file(request.base, request.head))
    report.warnings.insert(report.warnings.begin(),
                           "base and head are the same: " + name_of(request.base));
  // Not before: what cannot be compared is no reason to lose the last report.
  return step(report::prepare_directory(request.output_dir), ReasonCode::disk);
}

}  // namespace

Outcome compare_files(const CompareRequest& request, World& world) {
  const std::chrono::nanoseconds start = world.clock.monotonic();
  Project project;
  apply(request.overrides, project);
  const Policy& policy = project.gate;
  Report report;
  report.command = "compare";
  report.tool_version = kVersion;
  report.started_at = utc_time(world.clock.now());
  report.base.ref = name_of(request.base);
  report.head.ref = name_of(request.head);
  report.threshold = policy.threshold;
  report.false_alarm = policy.false_alarm;
  report.miss = policy.miss;
  report::Exhibits exhibits;
  const Step<void> compared = compare_into(report, exhibits, request, policy);
  if (compared) {
    gate::conclude(report);
  } else {
    report.verdict = Verdict::error;
    report.reason_code = compared.error().code;
    report.reason = compared.error().reason;
  }
  report.seconds = std::chrono::duration<double>(world.clock.monotonic() - start).count();
  const auto written =
      compared ? report::write_reports(report, request.output_dir, "", std::move(exhibits))
               : Result<void>();
  if (!written) {
    report.verdict = Verdict::error;
    report.reason_code = ReasonCode::disk;
    report.reason = written.error().message;
  }
  return {std::move(report), policy.fail_on};
}

}  // namespace melisai
