#include "core/selftest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/machine_use.h"
#include "core/selftest_calibration.h"
#include "core/selftest_summary.h"
#include "core/stats/median.h"
#include "core/trial.h"

namespace melisai {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kQuick = 54s;  // the rest of the minute is for starting and ending
constexpr Milliseconds kThorough = 5min;
constexpr const char* kName = "selftest";
constexpr int kWarmUpPairsMax = 3;

/// Hands runs on and remembers what each of them cost.
class CostRecorder final : public ProcessRunner {
 public:
  explicit CostRecorder(ProcessRunner& processes) : processes_(processes) {}

  Result<Exit> run(const Command& command) override {
    Result<Exit> exit = processes_.run(command);
    if (exit) runs_.push_back({command.cwd, exit->usage});
    return exit;
  }
  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    return processes_.run_observed(command, observer);
  }

  std::int64_t pairs() const { return static_cast<std::int64_t>(runs_.size() / 2); }

  /// log(head / base) of the last pairs; at most as many as were run.
  std::vector<double> log_ratios(std::size_t pairs, std::int64_t Usage::*time,
                                 const std::string& head_tree) const {
    std::vector<double> ratios;
    for (std::size_t i = runs_.size() - std::min(runs_.size(), 2 * pairs); i + 1 < runs_.size();
         i += 2) {
      const bool head_first = runs_[i].tree == head_tree;
      const auto head = static_cast<double>(runs_[head_first ? i : i + 1].usage.*time);
      const auto base = static_cast<double>(runs_[head_first ? i + 1 : i].usage.*time);
      if (head > 0 && base > 0) ratios.push_back(std::log(head / base));
    }
    return ratios;
  }

 private:
  struct Run {
    std::string tree;
    Usage usage;
  };
  ProcessRunner& processes_;
  std::vector<Run> runs_;
};

std::optional<double> median(std::vector<double> values) {
  return values.empty() ? std::nullopt : std::optional(stats::median_of(values));
}

/// Median absolute deviation, scaled to the standard deviation of Gaussian noise.
std::optional<double> robust_spread(std::vector<double> values) {
  constexpr double kGaussian = 1.4826;
  const std::optional<double> center = median(values);
  for (double& value : values) value = std::abs(value - center.value_or(0));
  const std::optional<double> deviation = median(std::move(values));
  return deviation ? std::optional(kGaussian * *deviation) : std::nullopt;
}

Error error_for(const Stop& stop) {
  switch (stop.code) {
    case ReasonCode::interrupted: return {Errc::interrupted, stop.reason};
    case ReasonCode::disk: return {Errc::disk_full, stop.reason};
    default: return {Errc::process, stop.reason};
  }
}

class Selftest {
 public:
  /// `request` has a seed.
  Selftest(const SelftestRequest& request, World& world, std::string program, std::string directory)
      : request_(request),
        world_(world),
        program_(std::move(program)),
        directory_(std::move(directory)),
        end_(world.clock.monotonic() + time_of(request)),
        rng_(*request.seed) {}

  /// Trials of both kinds in turns until the time is up. Errors: those of selftest() and
  /// interrupted.
  Result<void> run();
  SelftestSummary summary() const;

 private:
  enum class Kind { equal, slow };
  static Milliseconds time_of(const SelftestRequest& request) {
    return request.budget.value_or(request.quick ? kQuick : kThorough);
  }
  std::string tree(const char* side) const { return directory_ + "/" + side; }
  Milliseconds time_left() const;
  Result<Usage> run_once(std::uint64_t units);
  measure::Side side(const char* name, std::uint64_t units) const;
  Result<bool> run_trial(Kind kind);
  void count(Kind kind, const std::vector<BenchmarkResult>& results, const CostRecorder& costs);

  const SelftestRequest& request_;
  World& world_;
  std::string program_;
  std::string directory_;
  std::chrono::nanoseconds end_;
  SeededRng rng_;
  SelftestSizes sizes_;
  SelftestArm equal_, slow_;
  int by_cpu_time_ = 0;
  std::vector<double> spreads_, smallest_found_;
};

Milliseconds Selftest::time_left() const {
  const auto left = std::chrono::duration_cast<Milliseconds>(end_ - world_.clock.monotonic());
  return std::max(left, Milliseconds{0});
}

measure::Side Selftest::side(const char* name, std::uint64_t units) const {
  measure::Side made{.name = name, .tree = tree(name), .run = {}};
  made.run.argv = {program_, "selftest-workload", digits_of(units)};
  return made;
}

Result<Usage> Selftest::run_once(std::uint64_t units) {
  Command command;
  command.argv = side("base", units).run.argv;
  command.cwd = tree("base");
  command.stdout_file = directory_ + "/out";
  command.stderr_file = directory_ + "/out";
  command.timeout = std::max(time_left(), Milliseconds{1});
  MELISAI_TRY(const Exit exit, world_.processes.run(command));
  if (exit.end == Exit::End::interrupted) return Error{Errc::interrupted, "interrupted"};
  if (!exit.ok())
    return Error{Errc::process, "the built-in workload: " + describe(exit, command.timeout)};
  return exit.usage;
}

Result<void> Selftest::run() {
  MELISAI_CHECK(make_directories(tree("base")));
  MELISAI_CHECK(make_directories(tree("head")));
  MELISAI_CHECK(make_directories(tree("work"), {.private_mode = true}));
  MELISAI_TRY(sizes_, calibrate([this](std::uint64_t units) { return run_once(units); },
                                request_.policy.threshold));
  Milliseconds longest{0};
  for (bool equal = true; time_left() > longest; equal = !equal) {
    const Milliseconds before = time_left();
    MELISAI_TRY(const bool finished, run_trial(equal ? Kind::equal : Kind::slow));
    if (!finished) break;
    longest = std::max(longest, before - time_left());
  }
  return {};
}

/// False: there was no time for all the pairs that a trial may have, and it needed more than there
/// was time for. It says nothing about the gate and is not counted; a trial that was given up as
/// hopeless before is.
Result<bool> Selftest::run_trial(Kind kind) {
  const Milliseconds left = time_left();
  Project project;
  project.gate = request_.policy;
  project.gate.budget = left;
  project.collect.enabled = false;
  measure::Subject subject;
  subject.spec.name = kName;
  subject.base = side("base", sizes_.base);
  subject.head = side("head", kind == Kind::slow ? sizes_.slow : sizes_.base);
  subject.base_may_lack_it = false;
  CostRecorder costs(world_.processes);
  SilentProgress silent;
  collect::Collectors none({}, project.collect, world_.clock);
  Trial trial(project, {subject}, tree("work"),
              {.processes = costs,
               .clock = world_.clock,
               .rng = rng_,
               .progress = silent,
               .collectors = none});
  if (const Step<void> measured = trial.run(""); !measured) return error_for(measured.error());
  const Milliseconds pair_time = (left - time_left()) / std::max<std::int64_t>(1, costs.pairs());
  if (trial.budget_ended() && left < pair_time * (project.gate.max_pairs + kWarmUpPairsMax))
    return false;
  Report report;
  report.benchmarks = trial.results();
  gate::conclude(report);
  if (report.verdict == Verdict::error) return Error{Errc::process, report.reason};
  count(kind, report.benchmarks, costs);
  return true;
}

/// What was red is red in either kind. An equal pair of programs is clear when every gating metric
/// is; a slowdown is missed as soon as its time is called clear, whatever else is open.
void Selftest::count(Kind kind, const std::vector<BenchmarkResult>& results,
                     const CostRecorder& costs) {
  const auto is_clear = [](const BenchmarkResult& result) {
    return result.decision == Decision::clear || result.decision == Decision::improved;
  };
  SelftestArm& arm = kind == Kind::slow ? slow_ : equal_;
  bool red = false;
  bool all_clear = true;
  bool time_clear = false;
  int pairs = 0;
  for (const BenchmarkResult& result : results) {
    if (!result.gating) continue;
    red = red || result.decision == Decision::regressed;
    all_clear = all_clear && is_clear(result);
    pairs = std::max(pairs, result.pairs);
    if (result.metric.tier != Tier::time) continue;
    time_clear = is_clear(result);
    const bool is_cpu = result.metric.name == "cpu_time";
    by_cpu_time_ += is_cpu ? 1 : 0;
    const auto spread = robust_spread(
        costs.log_ratios(static_cast<std::size_t>(result.pairs),
                         is_cpu ? &Usage::cpu_time_ns : &Usage::wall_time_ns, tree("head")));
    if (spread) spreads_.push_back(*spread);
    if (kind == Kind::equal && result.smallest_found)
      smallest_found_.push_back(*result.smallest_found);
  }
  const bool clear = kind == Kind::slow ? time_clear : all_clear;
  ++arm.trials;
  arm.pairs += pairs;
  ++(red ? arm.red : clear ? arm.clear : arm.inconclusive);
}

SelftestSummary Selftest::summary() const {
  SelftestSummary summary;
  summary.policy = request_.policy;
  summary.run_ms = sizes_.run_ms;
  summary.slowdown = sizes_.slowdown;
  summary.equal = equal_;
  summary.slow = slow_;
  const int trials = equal_.trials + slow_.trials;
  if (trials > 0) summary.metric = 2 * by_cpu_time_ > trials ? "cpu_time" : "wall_time";
  summary.spread = median(spreads_);
  summary.smallest_found = median(smallest_found_);
  return summary;
}

}  // namespace

Result<int> selftest(const SelftestRequest& request, World& world,
                     const std::function<bool(std::string_view)>& print) {
  const auto start = world.clock.monotonic();
  SelftestRequest seeded = request;
  if (!seeded.seed) seeded.seed = fresh_seed();
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return Error{Errc::not_found, "/proc/self/exe: " + failed.message()};
  MELISAI_TRY(const TemporaryDirectory directory,
              TemporaryDirectory::make(world.env("TMPDIR").value_or("/tmp"), "melisai-selftest"));
  MachineUse machine(world);
  if (const Step<void> alone = machine.claim(MeasureOptions{}.machine_wait); !alone)
    return error_for(alone.error());
  if (!machine.unprotected().empty()) log_warning(machine.unprotected());
  Selftest trials(seeded, world, program.native(), directory.path());
  const Result<void> ran = trials.run();
  if (!ran && ran.error().code != Errc::interrupted) return ran.error();
  SelftestSummary summary = trials.summary();
  summary.seed = *seeded.seed;
  summary.interrupted = !ran;
  summary.seconds = std::chrono::duration<double>(world.clock.monotonic() - start).count();
  print(request.json ? json_of(summary) : text_of(summary));
  return exit_code_of(verdict_of(summary));
}

}  // namespace melisai
