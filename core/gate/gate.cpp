#include "core/gate/gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/gate/gating.h"
#include "core/gate/rules.h"
#include "core/gate/series.h"
#include "core/gate/time_metric.h"
#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

const Value* value_in(const Observation& observation, const SeriesId& id) {
  const auto found = observation.values.find(id);
  return found == observation.values.end() ? nullptr : &found->second;
}

/// Why these values cannot be judged; "" when they can. A missing value is null.
std::string defect_of(const Value* base, const Value* head) {
  if (base == nullptr && head == nullptr) return "no longer reported on either side";
  if (base == nullptr) return "no longer reported on base";
  if (head == nullptr) return "no longer reported on head";
  if (!is_usable(base->value)) return "base measured a value that is not a finite number";
  if (!is_usable(head->value)) return "head measured a value that is not a finite number";
  return "";
}

/// One series of the warm-up; `base` or `head` may be null, not both. `choice` is its benchmark's.
Series warm_up_series(const SeriesId& id, const Value* base, const Value* head, int process,
                      const TimeChoice& choice, const Policy& policy) {
  MELISAI_ASSERT(base != nullptr || head != nullptr);
  const Value& shown = head != nullptr ? *head : *base;
  const Metric& metric = shown.metric;
  const Ruling ruling = ruling_for(id, policy);
  Series series(id, metric, threshold_for(metric, policy, ruling.threshold), process);
  std::string defect = defect_of(base != nullptr ? base : head, head != nullptr ? head : base);
  if (base != nullptr && head != nullptr &&
      (base->metric.unit != head->metric.unit || base->metric.better != head->metric.better)) {
    defect = "base and head report different units or directions";
  }
  if (!defect.empty()) {
    // What would have gated must not vanish from the verdict.
    const bool by_default = metric.tier == Tier::time || gates_by_default(metric, choice.metric);
    series.make_gating(level_for(metric, by_default, ruling), "");
    series.fail(defect);
  } else if (base == nullptr) {
    series.close_one_sided(Decision::added, head->value);
  } else if (head == nullptr) {
    series.close_one_sided(Decision::removed, base->value);
  } else {
    const bool is_time_choice = id.metric == choice.metric;
    const bool by_default = gates_by_default(metric, choice.metric);
    const Level level = level_for(metric, by_default, ruling);
    const std::string why = is_time_choice ? choice.why : by_default ? "" : kGatesByRule;
    if (level != Level::off) series.make_gating(level, why);
  }
  return series;
}

/// Whether the side yielded anything at all of a benchmark.
bool reports(const Observation& observation, const std::string& benchmark) {
  const auto first = observation.values.lower_bound({benchmark, ""});
  return first != observation.values.end() && first->first.benchmark == benchmark;
}

/// A harness does not know for which side it runs; the runner of processes does, and says so.
std::string with_side(const std::string& side, const std::string& note) {
  const bool is_said = note.starts_with(side + ": ") || note.starts_with("setup on " + side);
  return is_said ? note : side + ": " + note;
}

/// Failed benchmark or process -> side and what went wrong; the base's word where both failed.
std::map<std::string, std::string> failures_of(const Pair& pair) {
  std::map<std::string, std::string> failures;
  for (const auto& [name, note] : pair.base.failed) failures.emplace(name, with_side("base", note));
  for (const auto& [name, note] : pair.head.failed) failures.emplace(name, with_side("head", note));
  return failures;
}

/// `name` is the benchmark, or the process that ran it.
bool is_named(const std::string& benchmark, const std::string& name) {
  return benchmark == name || benchmark.starts_with(name + "/");
}

bool comes_first(const Series& a, const Series& b) {
  if (a.id().benchmark != b.id().benchmark) return a.id().benchmark < b.id().benchmark;
  if (a.gating() != b.gating()) return a.gating();
  return a.id().metric < b.id().metric;
}

}  // namespace

Gate::Gate(const Policy& policy, std::unique_ptr<stats::PairedTest> test)
    : policy_(policy), test_(std::move(test)) {}

Gate::~Gate() = default;

void Gate::start(std::span<const Pair> warm_ups) {
  for (std::size_t i = 0; i < warm_ups.size();) {
    const std::size_t first = i++;
    while (i < warm_ups.size() && warm_ups[i].index < 0) ++i;
    add_process(warm_ups.subspan(first, i - first), processes_++);
  }
  gating_ =
      static_cast<int>(std::count_if(series_.begin(), series_.end(), [](const Series& series) {
        return series.gating() && !series.decided();
      }));
  gating_ +=
      static_cast<int>(std::count_if(counts_.begin(), counts_.end(), [this](const Counts& counts) {
        const BenchmarkResult judged = judge_counts(counts, policy_, 1);  // level and values alone
        return judged.level != Level::off && judged.base;
      }));
  if (policy_.health.level == Level::fail && policy_.health.profile != kNoProfile) ++gating_;
  group_by_benchmark();
}

void Gate::group_by_benchmark() {
  gating_series_.clear();
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].gating()) gating_series_[series_[i].id().benchmark].push_back(i);
  }
}

void Gate::add_process(std::span<const Pair> warm_ups, int process) {
  const Pair& warm_up = warm_ups.front();
  const auto first = static_cast<std::ptrdiff_t>(series_.size());
  std::set<SeriesId> ids;
  for (const auto& [id, value] : warm_up.base.values) ids.insert(id);
  for (const auto& [id, value] : warm_up.head.values) ids.insert(id);
  TimeChoice choice;
  std::string benchmark;
  for (const SeriesId& id : ids) {
    if (benchmark != id.benchmark) {
      benchmark = id.benchmark;
      choice = choose_time_metric(warm_ups, benchmark);
    }
    series_.push_back(warm_up_series(id, value_in(warm_up.base, id), value_in(warm_up.head, id),
                                     process, choice, policy_));
  }
  std::map<std::string, std::string> failures;
  for (const Pair& each : warm_ups) failures.merge(failures_of(each));
  for (const auto& [name, note] : failures) {
    for (const std::string& each : benchmarks_named(name, process)) {
      fail_benchmark(each, note, process);
    }
  }
  std::sort(series_.begin() + first, series_.end(), comes_first);
}

void Gate::add(const Pair& pair) {
  const int process = process_of(pair);
  const std::set<std::string> open = open_names();
  const std::map<std::string, std::string> failures = failures_of(pair);
  for (const auto& [name, note] : failures) {
    for (const std::string& each : benchmarks_named(name, process)) {
      // A process that dies takes down what it was run for, not what had been decided before.
      if (each == name || open.contains(each)) fail_benchmark(each, note, process);
    }
  }
  if (!failures.empty()) group_by_benchmark();
  for (Series& series : series_) {
    if (series.process() != process || series.decided()) continue;
    if (!open.contains(series.id().benchmark)) continue;
    const Value* base = value_in(pair.base, series.id());
    const Value* head = value_in(pair.head, series.id());
    if (const std::string defect = defect_of(base, head); !defect.empty()) {
      series.fail(defect);
      // A benchmark that is gone could not be measured, whatever its slowdowns mean.
      const std::string& name = series.id().benchmark;
      const bool is_gone = !reports(pair.base, name) || !reports(pair.head, name);
      if (series.gating() && is_gone) series.set_level(Level::fail);
    } else {
      series.add(base->value, head->value, judge_for(series));
    }
  }
}

std::vector<std::string> uncertain_benchmarks(std::span<const Pair> warm_ups) {
  std::vector<std::string> names;
  for (const auto& [id, value] : warm_ups.front().base.values) {
    if (!names.empty() && names.back() == id.benchmark) continue;
    if (!choose_time_metric(warm_ups, id.benchmark).is_certain) names.push_back(id.benchmark);
  }
  return names;
}

std::vector<std::string> Gate::open_benchmarks() const {
  std::vector<std::string> names;
  // Series of one benchmark are neighbours.
  for (const Series& series : series_) {
    const std::string& name = series.id().benchmark;
    if (is_open(series) && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return names;
}

std::optional<Standing> Gate::standing(const std::string& benchmark) const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const auto found = gating_series_.find(benchmark);
  if (found == gating_series_.end()) return {};
  std::optional<Standing> widest;
  bool widest_is_open = false;
  for (const std::size_t index : found->second) {
    const Series& series = series_[index];
    const BenchmarkResult result = series.result(judge_for(series));
    const double low = result.effect_low.value_or(-kInfinite);
    const double high = result.effect_high.value_or(kInfinite);
    const bool is_open = this->is_open(series);
    const bool is_wider = widest && high - low > widest->high - widest->low;
    if (widest && (is_open == widest_is_open ? !is_wider : widest_is_open)) continue;
    widest_is_open = is_open;
    widest =
        Standing{.benchmark = benchmark,
                 .pairs = series.pairs(),
                 .benchmarks = static_cast<int>(gating_series_.size()),
                 .pairs_expected = series.decided() ? 0 : series.pairs_expected(judge_for(series)),
                 .confirming = series.confirming(),
                 .low = low,
                 .high = high};
  }
  return widest;
}

std::vector<BenchmarkResult> Gate::results() const {
  std::vector<BenchmarkResult> results;
  results.reserve(series_.size());
  for (const Series& series : series_) {
    results.push_back(series.result(judge_for(series)));
  }
  for (const Counts& counts : counts_) {
    BenchmarkResult judged = judge_counts(counts, policy_, gating_);
    // After what gates of its benchmark.
    const auto after = std::find_if(results.rbegin(), results.rend(), [&](const auto& result) {
      return result.name == judged.name &&
             (result.level != Level::off || judged.level == Level::off);
    });
    results.insert(after == results.rend() ? results.end() : after.base(), std::move(judged));
  }
  return results;
}

Judge Gate::judge_for(const Series& series) const {
  return {.test = *test_,
          .stages = stages_for(series.gating(), policy_, gating_),
          .gain = {.alarm = policy_.false_alarm, .miss = policy_.miss},
          .pairs_max = policy_.max_pairs,
          .budget_ended = budget_ended_};
}

bool Gate::is_open(const Series& series) const {
  return series.gating() && !series.decided() && series.pairs() < policy_.max_pairs;
}

std::set<std::string> Gate::open_names() const {
  std::set<std::string> names;
  for (const Series& series : series_) {
    if (is_open(series)) names.insert(series.id().benchmark);
  }
  return names;
}

int Gate::process_of(const Pair& pair) const {
  if (processes_ == 1) return 0;
  for (const Series& series : series_) {
    if (value_in(pair.base, series.id()) != nullptr ||
        value_in(pair.head, series.id()) != nullptr) {
      return series.process();
    }
    for (const auto& [name, note] : failures_of(pair)) {
      if (is_named(series.id().benchmark, name)) return series.process();
    }
  }
  return -1;
}

std::vector<std::string> Gate::benchmarks_named(const std::string& name, int process) const {
  std::set<std::string> names;
  for (const Series& series : series_) {
    if (series.process() == process && is_named(series.id().benchmark, name)) {
      names.insert(series.id().benchmark);
    }
  }
  if (names.empty()) return {name};
  return {names.begin(), names.end()};
}

void Gate::fail_benchmark(const std::string& benchmark, const std::string& note, int process) {
  // One series tells the verdict, a time if there is one; the others would only repeat it.
  bool is_told = false;
  bool has_series = false;
  bool all_off = true;
  for (const bool of_time : {true, false}) {
    for (Series& series : series_) {
      if (series.process() != process || series.id().benchmark != benchmark) continue;
      if ((series.metric().tier == Tier::time) != of_time) continue;
      const bool off = ruling_for(series.id(), policy_).level == Level::off;
      has_series = true;
      all_off = all_off && off;
      if (series.gating() && series.decision() == Decision::regressed) continue;
      const bool tells = !off && !is_told;
      series.make_gating(tells ? Level::fail : Level::off, "");
      series.fail(note);
      is_told = is_told || tells;
    }
  }
  if (is_told || (has_series && all_off)) return;
  const Metric metric{
      .name = "wall_time", .unit = "ns", .better = Better::lower, .tier = Tier::time};
  const SeriesId id{benchmark, metric.name};
  const Ruling ruling = ruling_for(id, policy_);
  Series series(id, metric, threshold_for(metric, policy_, ruling.threshold), process);
  if (ruling.level != Level::off || !is_off(benchmark, policy_))
    series.make_gating(Level::fail, "");
  series.fail(note);
  series_.push_back(std::move(series));
}

}  // namespace melisai::gate
