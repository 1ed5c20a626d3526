#include "core/explain_input.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/run/run.h"

namespace melisai {
namespace {

using gate::CauseInput;
using gate::Observed;
using gate::Signal;
using Reading = std::function<std::optional<double>(const ObservedRun&)>;

struct SampleSignal {
  std::string_view collector;
  std::string_view metric;
  Signal signal;
};

// Of two that say the same the latter is taken.
constexpr std::array<SampleSignal, 19> kSamples{{
    {"process", "minor_faults", Signal::minor_faults},
    {"process", "major_faults", Signal::major_faults},
    {"process", "rchar", Signal::read_bytes},
    {"process", "wchar", Signal::written_bytes},
    {"process", "run_delay", Signal::run_queue_wait},
    {"perf", "instructions_user", Signal::instructions},
    {"perf", "cache_misses_user", Signal::cache_misses},
    {"perf", "branch_misses_user", Signal::branch_misses},
    {"perf", "cpu_migrations", Signal::migrations},
    {"ebpf", "syscalls", Signal::system_calls},
    {"ebpf", "block_reads", Signal::block_reads},
    {"ebpf", "futex_waits", Signal::futex_waits},
    {"ebpf", "switches_voluntary", Signal::voluntary_switches},
    {"ebpf", "switches_involuntary", Signal::involuntary_switches},
    {"ebpf", "migrations", Signal::migrations},
    {"ebpf", "tcp_connects", Signal::connects},
    {"ebpf", "tcp_retransmits", Signal::retransmits},
    {"ebpf", "forks", Signal::forks},
    {"ebpf", "execs", Signal::execs},
}};

bool is_time(const Metric& metric) {
  return metric.tier == Tier::time && (metric.unit == "ns" || metric.unit.ends_with("/s"));
}

bool counts(const BenchmarkResult& result) {
  return result.decision == Decision::regressed && !result.acknowledged &&
         (result.gating || result.level == Level::warn);
}

double badness(const BenchmarkResult& result) {
  return result.effect.value_or(std::numeric_limits<double>::infinity());
}

/// Whether `one` says more of a slowdown than `other`.
bool says_more(const BenchmarkResult& one, const BenchmarkResult& other) {
  if (is_time(one.metric) != is_time(other.metric)) return is_time(one.metric);
  return badness(one) > badness(other);
}

std::optional<double> sample_of(const ObservedRun& run, std::string_view collector,
                                std::string_view metric) {
  for (const Sample& sample : run.samples)
    if (sample.collector == collector && sample.metric.name == metric) return sample.value;
  return std::nullopt;
}

std::optional<double> number_of(const ObservedRun& run, std::string_view part,
                                std::string_view path) {
  const HostResult* const result = part_of(run, part);
  return result == nullptr ? std::nullopt : result->data.number(path);
}

/// A run without the number is left out.
std::vector<double> values_of(const std::vector<ObservedRun>& runs, const Reading& reading,
                              double factor) {
  std::vector<double> values;
  for (const ObservedRun& run : runs)
    if (const std::optional<double> value = reading(run)) values.push_back(*value * factor);
  return values;
}

std::optional<double> wall_of(const ObservedRun& run) { return run.wall_ns; }
std::optional<double> cpu_of(const ObservedRun& run) {
  return sample_of(run, "process", "cpu_time");
}

/// What a wait is compared with; nothing for what is no wait.
Reading time_behind(Signal signal) {
  switch (signal) {
    case Signal::run_queue_wait: return cpu_of;
    case Signal::futex_wait:
    case Signal::file_wait:
    case Signal::network_wait:
    case Signal::child_wait:
    case Signal::sleep_wait: return wall_of;
    default: return {};
  }
}

/// Times of the runs that `told`, in their order.
void put_times_behind(Signal signal, const ObservedRuns& runs, double factor, const Reading& told,
                      Observed& observed) {
  const Reading time = time_behind(signal);
  if (!time) return;
  const Reading both = [&](const ObservedRun& run) { return told(run) ? time(run) : std::nullopt; };
  observed.base_time = values_of(runs.base, both, 1);
  observed.head_time = values_of(runs.head, both, factor);
}

void put(Signal signal, const ObservedRuns& runs, double factor, const Reading& reading,
         CauseInput& input) {
  Observed observed{values_of(runs.base, reading, 1), values_of(runs.head, reading, factor)};
  put_times_behind(signal, runs, factor, reading, observed);
  if (!observed.base.empty() && !observed.head.empty())
    input.signals.insert_or_assign(signal, std::move(observed));
}

/// A member of each entry of `by_name`, by name.
std::map<std::string, double> by_name(const ObservedRun& run, std::string_view part,
                                      std::string_view member) {
  std::map<std::string, double> values;
  const HostResult* const result = part_of(run, part);
  if (result == nullptr) return values;
  for (const HostData& entry : result->data.list("by_name"))
    if (const auto name = entry.text("name")) values[*name] += entry.number(member).value_or(0);
  return values;
}

std::map<std::string, Observed> observed_by_name(const ObservedRuns& runs, std::string_view part,
                                                 std::string_view member, double factor) {
  std::map<std::string, Observed> all;
  // What a run did not call it called no time; a run that did not count says nothing.
  const auto add = [&](const std::vector<ObservedRun>& side, std::vector<double> Observed::*values,
                       double scale) {
    std::size_t told = 0;
    for (const ObservedRun& run : side) {
      if (part_of(run, part) == nullptr) continue;
      for (const auto& [name, value] : by_name(run, part, member)) {
        std::vector<double>& of_name = all[name].*values;
        of_name.resize(told);
        of_name.push_back(value * scale);
      }
      ++told;
    }
    return told;
  };
  const std::size_t base = add(runs.base, &Observed::base, 1);
  const std::size_t head = add(runs.head, &Observed::head, factor);
  for (auto& [name, observed] : all) {
    observed.base.resize(base);
    observed.head.resize(head);
  }
  return all;
}

std::optional<double> synced(const ObservedRun& run) {
  if (part_of(run, "syscount") == nullptr) return std::nullopt;
  double calls = 0;
  for (const auto& [name, count] : by_name(run, "syscount", "count"))
    if (name == "fsync" || name == "fdatasync" || name == "msync" || name == "sync" ||
        name == "syncfs" || name == "sync_file_range")
      calls += count;
  return calls;
}

// Those of the kernel on behalf of the program too: a read() into new memory faults there.
std::optional<double> faults(const ObservedRun& run) {
  const auto user = sample_of(run, "ebpf", "page_faults_user");
  const auto kernel = sample_of(run, "ebpf", "page_faults_kernel");
  return user && kernel ? std::optional(*user + *kernel) : std::nullopt;
}

/// Two sources that count differently must not be compared.
bool all_tell(const ObservedRuns& runs, const Reading& reading) {
  const auto tells = [&](const ObservedRun& run) { return reading(run).has_value(); };
  return std::all_of(runs.base.begin(), runs.base.end(), tells) &&
         std::all_of(runs.head.begin(), runs.head.end(), tells);
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_wall(const std::vector<ObservedRun>& runs) { return mean(values_of(runs, wall_of, 1)); }

void put_times(const Slowdown& slowdown, const ObservedRuns& counts, double factor,
               CauseInput& input) {
  if (slowdown.whole_process) {
    for (const auto& [signal, observed] : {std::pair{Signal::wall_time, &slowdown.wall_time},
                                           std::pair{Signal::cpu_time, &slowdown.cpu_time}})
      if (!observed->base.empty() && !observed->head.empty())
        input.signals.insert_or_assign(signal, *observed);
    return;
  }
  put(Signal::wall_time, counts, factor, wall_of, input);
  put(Signal::cpu_time, counts, factor, cpu_of, input);
}

}  // namespace

std::vector<Slowdown> slowdowns_of(const std::vector<BenchmarkResult>& results,
                                   const std::vector<measure::Subject>& subjects) {
  std::map<std::string, Slowdown> by_benchmark;
  for (const BenchmarkResult& result : results) {
    const auto subject = std::find_if(
        subjects.begin(), subjects.end(),
        [&](const measure::Subject& each) { return run::belongs_to(result.name, each.spec); });
    if (!counts(result) || subject == subjects.end()) continue;
    Slowdown slowdown{.benchmark = result.name,
                      .subject = static_cast<std::size_t>(subject - subjects.begin()),
                      .worst = result,
                      .is_time = is_time(result.metric),
                      .counted = {},
                      .whole_process = subject->spec.format.measures_process(),
                      .wall_time = {},
                      .cpu_time = {}};
    const auto [known, fresh] = by_benchmark.emplace(result.name, slowdown);
    std::optional<BenchmarkResult> counted = std::move(known->second.counted);
    if (!is_time(result.metric) && (!counted || badness(result) > badness(*counted)))
      counted = result;
    if (!fresh && says_more(result, known->second.worst)) known->second = std::move(slowdown);
    known->second.counted = std::move(counted);
  }
  for (const BenchmarkResult& result : results) {
    const auto known = by_benchmark.find(result.name);
    if (known == by_benchmark.end() || !result.base || !result.head) continue;
    const Observed medians{{result.base->median}, {result.head->median}};
    if (result.metric.name == "wall_time") known->second.wall_time = medians;
    if (result.metric.name == "cpu_time") known->second.cpu_time = medians;
  }
  std::vector<Slowdown> all;
  for (auto& [name, slowdown] : by_benchmark) all.push_back(std::move(slowdown));
  std::stable_sort(all.begin(), all.end(), [](const Slowdown& a, const Slowdown& b) {
    return says_more(a.worst, b.worst);
  });
  return all;
}

gate::CountedGrowth growth_of(const BenchmarkResult& count) {
  return {.benchmark = count.name,
          .metric = count.metric.name,
          .unit = count.metric.unit,
          .base = count.base ? count.base->median : 0,
          .head = count.head ? count.head->median : 0};
}

double wall_of_both(const Slowdown& slowdown) {
  double sum = 0;
  for (const std::vector<double>* side : {&slowdown.wall_time.base, &slowdown.wall_time.head})
    sum += side->empty() ? 0 : side->front();
  return sum;
}

double same_work(const Slowdown& slowdown, const ObservedRuns& runs) {
  if (slowdown.whole_process || !slowdown.is_time || !slowdown.worst.effect) return 1;
  const double base = mean_wall(runs.base);
  const double head = mean_wall(runs.head);
  const double slower = 1 + *slowdown.worst.effect;
  if (!(base > 0) || !(head > 0) || !(slower > 1)) return 1;
  // One that takes as much longer as its benchmark did the same work.
  const bool is_fixed = head / base >= 1 + (slower - 1) / 2;
  return is_fixed ? 1 : base * slower / head;
}

CauseInput counted_input(const Slowdown& slowdown, const ObservedRuns& counts) {
  CauseInput input{.benchmark = slowdown.benchmark,
                   .of_cpu_time = slowdown.worst.metric.name == "cpu_time",
                   .signals = {},
                   .calls = {},
                   .on_cpu = {},
                   .off_cpu = {}};
  const double factor = same_work(slowdown, counts);
  put_times(slowdown, counts, factor, input);
  for (const SampleSignal& each : kSamples)
    put(
        each.signal, counts, factor,
        [&](const ObservedRun& run) { return sample_of(run, each.collector, each.metric); }, input);
  if (all_tell(counts, faults)) put(Signal::minor_faults, counts, factor, faults, input);
  put(Signal::fsyncs, counts, factor, synced, input);
  put(
      Signal::futex_wait, counts, factor,
      [](const ObservedRun& run) { return number_of(run, "futex", "waited_ns"); }, input);
  input.calls = observed_by_name(counts, "syscount", "count", factor);
  return input;
}

void add_watched_times(const Slowdown& slowdown, const ObservedRuns& stacks, CauseInput& input) {
  const Reading told = [](const ObservedRun& run) {
    return part_of(run, "offcputime") == nullptr ? std::nullopt : wall_of(run);
  };
  for (auto wait = input.signals.begin(); wait != input.signals.end();) {
    Observed& observed = wait->second;
    const bool is_open = observed.base_time.empty() && time_behind(wait->first) &&
                         wait->first != Signal::run_queue_wait;
    if (is_open) put_times_behind(wait->first, stacks, same_work(slowdown, stacks), told, observed);
    const bool is_whole = observed.base_time.size() == observed.base.size() &&
                          observed.head_time.size() == observed.head.size();
    wait = is_open && !is_whole ? input.signals.erase(wait) : std::next(wait);
  }
}

std::string add_deep(const Slowdown& slowdown, const ObservedRuns& deep, CauseInput& input) {
  const double factor = same_work(slowdown, deep);
  put(
      Signal::run_queue_wait, deep, factor,
      [](const ObservedRun& run) { return number_of(run, "runqlat", "waited_ns"); }, input);
  constexpr double kWorthTelling = 1.0 / 3;  // of the slowdown
  std::string told;
  double largest = std::max(gap_of(input) * kWorthTelling, 1.0);
  for (const auto& [name, observed] : observed_by_name(deep, "syslat", "total_ns", factor)) {
    const double base = mean(observed.base);
    const double head = mean(observed.head);
    if (head - base < largest) continue;
    largest = head - base;
    told = "calls of " + printable(name.substr(0, 60)) + " take " + format_quantity(base, "ns") +
           " → " + format_quantity(head, "ns") + " per run";
  }
  return told;
}

double gap_of(const CauseInput& input) {
  for (const Signal signal : {input.of_cpu_time ? Signal::cpu_time : Signal::wall_time,
                              Signal::wall_time, Signal::cpu_time}) {
    const auto found = input.signals.find(signal);
    if (found != input.signals.end())
      return std::max(0.0, mean(found->second.head) - mean(found->second.base));
  }
  return 0;
}

bool is_cpu_bound(const CauseInput& input) {
  const auto cpu = input.signals.find(Signal::cpu_time);
  const double gap = gap_of(input);
  return cpu != input.signals.end() && gap > 0 &&
         mean(cpu->second.head) - mean(cpu->second.base) >= gap / 2;
}

const HostResult* part_of(const ObservedRun& run, std::string_view part) {
  for (const auto& [category, results] : run.parts)
    for (const HostResult& result : results)
      if (result.collector == part && !result.data.empty()) return &result;
  return nullptr;
}

std::vector<std::string> errors_of(const ObservedRun& run, std::string_view part) {
  for (const auto& [category, results] : run.parts)
    for (const HostResult& result : results)
      if (result.collector == part) return result.errors;
  return {};
}

}  // namespace melisai
