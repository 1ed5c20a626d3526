#include "core/gate/cause/cause.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/gate/cause/cause_rules.h"
#include "core/gate/cause/cause_text.h"
#include "core/stats/welch.h"

namespace melisai::gate {
namespace {

constexpr double kClear = 0.5;  // a part of the slowdown that settles it, in order of the table
constexpr double kEnough = 1.0 / 3;    // ..., when it is the largest of all
constexpr double kChanceMax = 0.1;     // that equal runs show such growth
constexpr double kGrowthMin = 0.02;    // of a signal, below which it says nothing
constexpr double kOneRunGrowth = 0.5;  // what one run a side must show of a number that varies
// Instructions explain CPU time when they grew by at least so much of its growth.
constexpr double kInstructionsPart = 0.5;
// A base run's wait as a number of threads that wait from end to end. Half a thread and more is
// such a thread that began late or ended early; so much above a whole number is noise.
constexpr double kMostOfAThread = 0.5;
constexpr double kPartOfAThread = 0.1;

/// What one row of the table says of this slowdown.
struct Reading {
  const CauseRow* row = nullptr;
  Change change;
  double explained_ns = 0;
  double chance = 1;
};

/// How much of a signal nobody expects of runs that took so long, run by run.
struct Beyond {
  std::vector<double> base, head;
  bool is_known = false;  ///< false: it is all of the signal
};

struct Candidate {
  Cause cause = Cause::not_known;
  double explained_ns = 0;
  std::vector<Reading> readings{};  // largest first
  double chance() const { return readings.empty() ? 1 : readings.front().chance; }
};

class Case {
 public:
  explicit Case(const CauseInput& input)
      : input_(input),
        wall_(change_of(input, Signal::wall_time)),
        cpu_(change_of(input, Signal::cpu_time)) {}

  /// The time to be explained.
  double gap() const {
    const auto& judged = input_.of_cpu_time || !wall_ ? cpu_ : wall_;
    return judged ? judged->growth() : 0;
  }
  std::vector<Candidate> candidates() const;
  std::optional<Candidate> of_cpu() const;
  bool knows_instructions() const { return change_of(input_, Signal::instructions).has_value(); }
  bool is_cpu_bound() const { return cpu_ && cpu_->growth() >= kClear * gap(); }

 private:
  std::optional<Reading> read(const CauseRow& row) const;
  double explained(const CauseRow& row, const Change& change, const Beyond& beyond) const;
  double peer_wait_max(const CauseRow& row) const;
  bool has_measured_wait(Cause cause) const;
  double growth_of(Signal signal) const;  ///< 0 where nobody knows

  const CauseInput& input_;
  std::optional<Change> wall_, cpu_;
};

double ratio_of(const std::optional<Change>& change) {
  return change && change->base > 0 ? std::max(1.0, change->head / change->base) : 1.0;
}

bool is_measured_wait(Account account) {
  return account == Account::wait || account == Account::peer_wait || account == Account::queue;
}

bool is_wait(Account account) {
  return is_measured_wait(account) || account == Account::wait_count;
}

// Both from the same runs: the noise of a run's length then is in both, and an idle thread, which
// waits for as long as its run takes, has nothing left. From other runs that noise, times the
// number of idle threads, soon is more than the slowdown.
Beyond beyond_of(const Observed& observed, Account account) {
  const auto times = change_of(Observed{observed.base_time, observed.head_time});
  if (!is_measured_wait(account) || !times || !(times->base > 0) ||
      observed.base_time.size() != observed.base.size() ||
      observed.head_time.size() != observed.head.size())
    return {observed.base, observed.head};
  double expected = change_of(Observed{observed.base, observed.base})->base / times->base;
  if (account != Account::queue && expected >= kMostOfAThread)
    expected = std::max(expected, std::ceil(expected - kPartOfAThread));
  const auto left = [&](std::vector<double> values, const std::vector<double>& took) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= expected * took[i];
    return values;
  };
  return {left(observed.base, observed.base_time), left(observed.head, observed.head_time), true};
}

// Samples come by chance (Poisson): growth of less than three standard deviations is none.
bool is_within_sampling(const Observed& observed) {
  constexpr double kDeviations = 3;
  const auto change = change_of(observed);
  if (!change || !(observed.sample > 0)) return false;
  const double variance =
      observed.sample * change->base / static_cast<double>(observed.base.size()) +
      observed.head_sample * change->head / static_cast<double>(observed.head.size());
  return change->growth() < kDeviations * std::sqrt(variance);
}

double Case::explained(const CauseRow& row, const Change& change, const Beyond& beyond) const {
  if (row.signal == Signal::new_code_time && cpu_)
    return std::clamp(cpu_->growth(), 0.0, std::max(0.0, change.growth()));
  if (!is_measured_wait(row.account)) return change.growth() * row.cost_ns;
  const double wait =
      beyond.is_known
          ? change_of(Observed{beyond.base, beyond.head})->growth()
          : change.head - change.base * ratio_of(row.account == Account::queue ? cpu_ : wall_);
  return row.account == Account::peer_wait ? std::min(wait, peer_wait_max(row)) : wait;
}

double Case::growth_of(Signal signal) const {
  const std::optional<Change> change = change_of(input_, signal);
  return change ? change->growth() : 0;
}

// Who waits for a child, an answer, a join or the end of a poll mostly waits for work of ours, and
// time that this work takes on the CPU is not the wait's fault. Locks that are fought for cost CPU
// time too, but then there are more waits for the same work, and not only longer ones. So do
// programs that are started, up to what starting one takes.
double Case::peer_wait_max(const CauseRow& row) const {
  if (!cpu_) return 0;
  const double waited = gap() - std::max(0.0, cpu_->growth());
  if (row.signal == Signal::child_wait)
    return std::max(waited,
                    kProcessNs * std::max(growth_of(Signal::forks), growth_of(Signal::execs)));
  const std::optional<Change> waits = change_of(input_, Signal::futex_waits);
  if (row.signal != Signal::futex_wait || !waits || !has_grown(input_, Signal::futex_waits))
    return waited;
  const double more = waits->head - waits->base * ratio_of(cpu_);
  return std::max(waited, more * kFutexWaitNs);
}

// Where waiting was measured nothing need be guessed from counts.
bool Case::has_measured_wait(Cause cause) const {
  return std::any_of(cause_rows().begin(), cause_rows().end(), [&](const CauseRow& row) {
    return row.cause == cause && is_measured_wait(row.account) && change_of(input_, row.signal);
  });
}

std::optional<Reading> Case::read(const CauseRow& row) const {
  const std::optional<Change> change = change_of(input_, row.signal);
  if (!change || (input_.of_cpu_time && is_wait(row.account))) return std::nullopt;
  if (row.account == Account::wait_count && has_measured_wait(row.cause)) return std::nullopt;
  // As many processes as before may do more, and leave more behind.
  if (row.cause == Cause::subprocesses && !has_grown(input_, Signal::forks) &&
      !has_grown(input_, Signal::execs))
    return std::nullopt;
  const SignalRow& signal = row_of(row.signal);
  const Observed& observed = input_.signals.at(row.signal);
  const Beyond beyond = beyond_of(observed, row.account);
  // The length of a run is no noise of what is beyond it, however long many threads wait in all.
  const double least = beyond.is_known ? 0 : kGrowthMin * change->base;
  const double growth = change_of(Observed{beyond.base, beyond.head})->growth();
  if (growth < signal.growth_min || growth < least || is_within_sampling(observed))
    return std::nullopt;
  Reading reading{&row, *change, explained(row, *change, beyond),
                  stats::chance_of_larger_mean(beyond.base, beyond.head)};
  if (observed.base.size() < 2 && observed.head.size() < 2) {
    if (!signal.exact && change->growth() < kOneRunGrowth * change->base) return std::nullopt;
    if (signal.exact) reading.chance = 0;
  } else if (reading.chance > kChanceMax) {
    return std::nullopt;
  }
  return reading.explained_ns > 0 ? std::optional(reading) : std::nullopt;
}

// Counts add up; measured times are seen in them already, so the larger of both is taken.
std::vector<Candidate> Case::candidates() const {
  std::vector<Candidate> all;
  double counted = 0;
  double measured = 0;
  for (const CauseRow& row : cause_rows()) {
    if (all.empty() || all.back().cause != row.cause) {
      all.push_back({.cause = row.cause});
      counted = measured = 0;
    }
    const std::optional<Reading> reading = read(row);
    if (!reading) continue;
    const bool is_time = row_of(row.signal).unit == "ns";
    (is_time ? measured : counted) += reading->explained_ns;
    all.back().readings.push_back(*reading);
    all.back().explained_ns = std::max(counted, measured);
  }
  for (Candidate& each : all)
    std::stable_sort(
        each.readings.begin(), each.readings.end(),
        [](const Reading& a, const Reading& b) { return a.explained_ns > b.explained_ns; });
  return all;
}

// What is left when no count says more: the CPU worked more, or was slower at the same work.
std::optional<Candidate> Case::of_cpu() const {
  const std::optional<Change> instructions = change_of(input_, Signal::instructions);
  if (!is_cpu_bound() || !instructions || !(instructions->base > 0) || !(cpu_->base > 0))
    return std::nullopt;
  const double work = instructions->growth() / instructions->base;
  const double time = cpu_->growth() / cpu_->base;
  const double part = std::clamp(work / time, 0.0, 1.0);
  const bool more_work = part >= kInstructionsPart;
  Candidate found{.cause = more_work ? Cause::cpu_work : Cause::cpu_efficiency};
  found.explained_ns = cpu_->growth() * (more_work ? part : 1 - part);
  const Observed& seen = input_.signals.at(Signal::cpu_time);
  const double chance = seen.base.size() < 2 && seen.head.size() < 2
                            ? 0.0  // the gate has found it in many pairs
                            : stats::chance_of_larger_mean(seen.base, seen.head);
  found.readings.push_back(
      {nullptr, more_work ? *instructions : *cpu_, found.explained_ns, chance});
  return found;
}

// The first cause of the table that clearly explains it, else the one that explains most.
// CPU time that accounts for half of it is more than a wait that does not.
std::optional<Candidate> choose(const std::vector<Candidate>& all, double gap, bool is_cpu_bound) {
  const Candidate* best = nullptr;
  for (const Candidate& each : all) {
    if (each.explained_ns >= kClear * gap) return each;
    if (is_cpu_bound && !each.readings.empty() && is_wait(each.readings.front().row->account))
      continue;
    if (best == nullptr || each.explained_ns > best->explained_ns) best = &each;
  }
  if (best != nullptr && best->explained_ns >= kEnough * gap) return *best;
  return std::nullopt;
}

/// `waited`: most of what nobody could name was spent off the CPU.
std::vector<EvidenceFunction> functions_of(const CauseInput& input, const Candidate& cause,
                                           bool waited) {
  const CauseRow* row = cause.readings.empty() ? nullptr : cause.readings.front().row;
  const bool waits = cause.readings.empty() ? waited : row != nullptr && is_wait(row->account);
  const auto& first = waits ? input.off_cpu : input.on_cpu;
  const auto& second = waits ? input.on_cpu : input.off_cpu;
  constexpr std::size_t kShown = 3;
  std::vector<EvidenceFunction> found;
  for (const auto* functions : {&first, &second}) {
    for (const EvidenceFunction& each : *functions)
      if (each.head > each.base && found.size() < kShown) found.push_back(each);
    if (!found.empty()) break;
  }
  return found;
}

std::vector<EvidenceMetric> metrics_of(const CauseInput& input, const Candidate& cause) {
  std::vector<Signal> shown{Signal::wall_time, Signal::cpu_time, Signal::instructions};
  for (const Reading& reading : cause.readings)
    if (reading.row != nullptr) shown.push_back(reading.row->signal);
  for (const Signal signal : companions_of(cause.cause))
    if (has_grown(input, signal) && std::find(shown.begin(), shown.end(), signal) == shown.end())
      shown.push_back(signal);
  std::vector<EvidenceMetric> metrics;
  for (const Signal signal : shown)
    if (const auto change = change_of(input, signal))
      metrics.push_back({std::string(to_string(signal)), std::string(unit_of(signal)), change->base,
                         change->head});
  return metrics;
}

}  // namespace

std::optional<Change> change_of(const CauseInput& input, Signal signal) {
  const auto found = input.signals.find(signal);
  if (found == input.signals.end()) return std::nullopt;
  return change_of(found->second);
}

std::optional<Change> change_of(const Observed& observed) {
  const auto finite = [](const std::vector<double>& values) {
    return !values.empty() && std::all_of(values.begin(), values.end(),
                                          [](double value) { return std::isfinite(value); });
  };
  if (!finite(observed.base) || !finite(observed.head)) return std::nullopt;
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  return Change{mean(observed.base), mean(observed.head)};
}

Evidence explain_slowdown(const CauseInput& input) {
  const Case slowdown(input);
  Evidence evidence{.benchmark = input.benchmark};
  const double gap = slowdown.gap();
  std::optional<Candidate> chosen;
  if (gap > 0) {
    chosen = choose(slowdown.candidates(), gap, slowdown.is_cpu_bound());
    if (!chosen) chosen = slowdown.of_cpu();
  }
  const Candidate cause = chosen.value_or(Candidate{});
  evidence.cause = cause.cause;
  if (chosen) evidence.confidence = std::min(1.0, cause.explained_ns / gap) * (1 - cause.chance());
  evidence.functions = functions_of(input, cause, !slowdown.is_cpu_bound());
  evidence.metrics = metrics_of(input, cause);
  const CauseRow* row = cause.readings.empty() ? nullptr : cause.readings.front().row;
  evidence.advice = std::string(row != nullptr ? row->advice : advice_without_signal(cause.cause));
  if (gap <= 0)
    evidence.note = "the profiling runs do not show the slowdown";
  else if (!chosen && slowdown.is_cpu_bound() && !slowdown.knows_instructions())
    evidence.note =
        "it is CPU time, but without counts of instructions nobody can tell more work "
        "from slower work";
  evidence.sentence =
      sentence_of(evidence, input, row != nullptr ? std::optional(row->signal) : std::nullopt);
  return evidence;
}

}  // namespace melisai::gate
