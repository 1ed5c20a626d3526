#include "core/exact.h"

#include <algorithm>
#include <optional>

#include "core/base/units.h"
#include "core/chance.h"

namespace melisai {
namespace {

using std::chrono::nanoseconds;

constexpr double kSlowdown = 40;  // of callgrind, about; measured 15 to 50
constexpr int kFewestRuns = 2;    // of each side

const Metric kInstructions{"instructions", "count", Better::lower, Tier::exact};
const Metric kAllocations{"allocations", "count", Better::lower, Tier::exact};

/// The wall time of one run of each side; nothing unless both did something.
std::optional<std::pair<double, double>> walls_of(const std::string& benchmark,
                                                  std::span<const Pair> warm_ups) {
  const SeriesId id{benchmark, "wall_time"};
  for (const Pair& pair : warm_ups) {
    const auto base = pair.base.values.find(id);
    const auto head = pair.head.values.find(id);
    const bool is_whole = pair.base.failed.empty() && pair.head.failed.empty();
    if (is_whole && base != pair.base.values.end() && head != pair.head.values.end())
      return std::pair(base->second.value, head->second.value);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<gate::Counts>> ExactCounter::count(std::span<const measure::Subject> subjects,
                                                      std::span<const Pair> warm_ups) {
  std::vector<gate::Counts> all;
  end_ = tools_.clock.monotonic() + policy_.exact.budget;
  const std::vector<Candidate> chosen = candidates(subjects, warm_ups);
  suite_ = suite_with(chosen, warm_ups);
  for (const Candidate& candidate : chosen) {
    MELISAI_TRY(Counted counted, count_one(candidate));
    const BenchmarkResult judged = gate::judge_counts(counted.instructions, policy_, suite_);
    if (judged.decision == Decision::regressed) grown_[candidate.subject] = std::move(counted.work);
    all.push_back(std::move(counted.instructions));
    const std::vector<double>& calls = counted.allocations.head;
    // Of a program that brings an allocator of its own nobody knows.
    const bool allocates = std::any_of(calls.begin(), calls.end(), [](double n) { return n > 0; });
    if (allocates) all.push_back(std::move(counted.allocations));
  }
  return all;
}

std::vector<ExactCounter::Candidate> ExactCounter::candidates(
    std::span<const measure::Subject> subjects, std::span<const Pair> warm_ups) const {
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const BenchmarkSpec& spec = subjects[i].spec;
    const ExactMode mode = spec.exact.value_or(policy_.exact.mode);
    if (mode == ExactMode::off || !spec.format.measures_process()) continue;
    if (!gate::is_worth_counting({spec.name, kInstructions.name}, policy_) &&
        !gate::is_worth_counting({spec.name, kAllocations.name}, policy_))
      continue;
    const auto walls = walls_of(spec.name, warm_ups);
    if (!walls) continue;
    const bool required = mode == ExactMode::on;
    const double longest = static_cast<double>(nanoseconds(policy_.exact.run_max).count());
    const bool fits = std::max(walls->first, walls->second) <= longest;
    const bool helps = !tools_.counters.valgrind.empty() && !tools_.counters.cpu_counts;
    if (required || (fits && helps))
      all.push_back({i, spec.name, required, walls->first, walls->first + walls->second,
                     subjects[i].base.run, subjects[i].head.run});
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.required != b.required ? a.required : a.wall_ns < b.wall_ns;
  });
  return all;
}

/// All that gates, as if every count said something: how many do is known when all are counted.
int ExactCounter::suite_with(std::span<const Candidate> all, std::span<const Pair> warm_ups) const {
  gate::Gate pairs(policy_, stats::make_paired_test());
  pairs.start(warm_ups);
  int suite = pairs.gating_series();
  for (const Candidate& each : all)
    for (const Metric* metric : {&kInstructions, &kAllocations})
      suite += gate::is_worth_counting({each.benchmark, metric->name}, policy_) ? 1 : 0;
  return suite;
}

Result<ExactCounter::Counted> ExactCounter::count_one(const Candidate& candidate) {
  Counted counted{
      .instructions = {.id = {candidate.benchmark, kInstructions.name},
                       .metric = kInstructions,
                       .required = candidate.required,
                       .base = {},
                       .head = {},
                       .problem = why_not(candidate)},
      .allocations = {.id = {candidate.benchmark, kAllocations.name}, .metric = kAllocations},
      .work = {}};
  gate::Counts& instructions = counted.instructions;
  if (instructions.problem.empty())
    tools_.progress.stage_started("instructions of " + candidate.benchmark, "base and head");
  nanoseconds round{0};
  const auto is_open = [&] {
    return instructions.problem.empty() &&
           (gate::needs_another_run(instructions, policy_, suite_) ||
            gate::needs_another_run(counted.allocations, policy_, suite_));
  };
  while (is_open()) {
    const nanoseconds begun = tools_.clock.monotonic();
    // A round that would be cut is wasted time.
    const Result<void> ran =
        left() < round ? Error{Errc::timeout, ""} : count_round(candidate, counted);
    if (!ran && ran.error().code == Errc::interrupted) return ran.error();
    if (!ran)
      instructions.problem = ran.error().code == Errc::timeout
                                 ? budget_ended()
                                 : "under callgrind: " + ran.error().message;
    round = tools_.clock.monotonic() - begun;
  }
  counted.allocations.problem = instructions.problem;
  if (instructions.problem == budget_ended()) left_out_.push_back(candidate.benchmark);
  return counted;
}

/// Sides take turns in going first: what alternates from run to run shows as a disagreement.
Result<void> ExactCounter::count_round(const Candidate& candidate, Counted& counted) {
  const bool base_first = counted.work.base.size() % 2 == 0;
  const bool is_first_round = counted.work.base.empty();
  WorkRuns round;
  bool without_chance = is_first_round || counted.instructions.without_chance;
  for (const bool base : {base_first, !base_first}) {
    // The very first run, of base, shows whether all that are needed fit.
    const bool is_first = is_first_round && base;
    const double part = is_first ? candidate.base_ns / (kFewestRuns * candidate.wall_ns) : 1;
    const auto time = std::chrono::ceil<Milliseconds>(left() * part);
    MELISAI_TRY(const auto ran,
                tools_.run_under(candidate.subject, base,
                                 with_calls_noted(callgrind_command(tools_.counters.valgrind)),
                                 std::max(time, Milliseconds(1))));
    if (!ran.problem.empty()) return Error{Errc::process, ran.problem};
    MELISAI_TRY(CountedWork work,
                read_callgrind(ran.directory, [&] { return left() == nanoseconds(0); }));
    const Result<std::string> chance =
        chance_of_run(ran.directory, base ? candidate.base_line : candidate.head_line);
    without_chance = without_chance && chance && chance->empty();
    (base ? round.base : round.head).push_back(std::move(work));
  }
  const auto keep = [](CountedWork& work, std::vector<CountedWork>& runs,
                       std::vector<double>& instructions, std::vector<double>& allocations) {
    instructions.push_back(work.instructions);
    allocations.push_back(work.allocations);
    // Whose functions grew one run tells as well as all.
    if (!runs.empty()) work = {.instructions = work.instructions, .allocations = work.allocations};
    runs.push_back(std::move(work));
  };
  keep(round.base.front(), counted.work.base, counted.instructions.base, counted.allocations.base);
  keep(round.head.front(), counted.work.head, counted.instructions.head, counted.allocations.head);
  counted.instructions.without_chance = counted.allocations.without_chance = without_chance;
  return {};
}

/// Before anything was run; "" when somebody can count.
std::string ExactCounter::why_not(const Candidate& candidate) const {
  if (tools_.counters.valgrind.empty())
    return "valgrind is not installed, and exact: on needs it; install it, or write exact: auto";
  const auto needed =
      nanoseconds(static_cast<nanoseconds::rep>(candidate.wall_ns * kSlowdown * kFewestRuns));
  return needed > left() ? budget_ended() : "";
}

std::string ExactCounter::budget_ended() const {
  return "gate.exact.budget (" + format_duration(policy_.exact.budget) + ") was spent; raise it";
}

nanoseconds ExactCounter::left() const {
  return std::max(end_ - tools_.clock.monotonic(), nanoseconds(0));
}

}  // namespace melisai
