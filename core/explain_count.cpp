#include "core/explain_count.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/units.h"

namespace melisai {
namespace {

using std::chrono::nanoseconds;

constexpr double kValgrindSlowdown = 20;  // about; measured 7 to 50
constexpr int kRuns = 2;                  // of each side, that have to agree
// One run of each side that has at least so much of what CPU time grew by, or at most so little,
// is clear: chance would have to be as large as the slowdown, which was seen in pair after pair.
constexpr double kMuchWork = 0.75;
constexpr double kLittleWork = 0.25;
// Runs of one side may differ by so much of what CPU time grew by: seeds of hash tables.
constexpr double kSpreadPart = 0.1;

class InstructionsCounter {
 public:
  InstructionsCounter(const Slowdown& slowdown, const CountingTime& time, const ExplainTools& tools)
      : slowdown_(slowdown), time_(time), tools_(tools) {}

  InstructionsPass count() {
    const nanoseconds begun = tools_.clock.monotonic();
    EvidencePass& told = pass_.told;
    told.problem = why_not();
    if (!told.problem.empty()) return pass_;
    tools_.progress.stage_started("why " + slowdown_.benchmark + " is slower", told.name);
    while (told.runs < kRuns && told.problem.empty()) {
      const nanoseconds round_begun = tools_.clock.monotonic();
      told.problem = round();
      if (left() < tools_.clock.monotonic() - round_begun) break;
    }
    // What was counted before the time was up stands.
    if (!told.problem.empty() && told.runs > 0 && is_late_) told.problem.clear();
    if (!told.problem.empty()) pass_.work = {};
    told.seconds = std::chrono::duration<double>(tools_.clock.monotonic() - begun).count();
    return pass_;
  }

 private:
  nanoseconds left() const {
    return std::max(time_.deadline - tools_.clock.monotonic(), nanoseconds(0));
  }

  std::string why_not() const {
    if (tools_.valgrind.empty())
      return "valgrind is not installed; it counts them where the CPU has no counter for that";
    const auto needed =
        nanoseconds(static_cast<nanoseconds::rep>(wall_of_both(slowdown_) * kValgrindSlowdown));
    if (needed <= left()) return "";
    return "one run of each side under valgrind takes about " + format_duration(needed) +
           ", more than is left of " + time_.budget + "; raise it";
  }

  /// One run of each side, or why not.
  std::string round() {
    WorkRuns counted;
    for (const bool base : {true, false}) {
      const bool is_first = pass_.told.runs == 0 && base;
      Result<CountedWork> work = side(base, is_first ? end_of_first() : time_.deadline);
      if (!work) return problem_of(work.error(), is_first);
      (base ? counted.base : counted.head).push_back(*std::move(work));
    }
    pass_.work.base.push_back(std::move(counted.base.front()));
    pass_.work.head.push_back(std::move(counted.head.front()));
    ++pass_.told.runs;
    return "";
  }

  /// Until when the first run of base has to end: with more than its share of what is left, that of
  /// head would not fit, and nobody learns anything from one side.
  nanoseconds end_of_first() const {
    const std::vector<double>& base = slowdown_.wall_time.base;
    const double both = wall_of_both(slowdown_);
    const double part = base.empty() || !(both > 0) ? 1 : base.front() / both;
    const auto share = std::chrono::duration<double, std::nano>(left()) * part;
    return tools_.clock.monotonic() + std::chrono::duration_cast<nanoseconds>(share);
  }

  Result<CountedWork> side(bool base, nanoseconds deadline) {
    const auto until = [&] {
      return std::max(deadline - tools_.clock.monotonic(), nanoseconds(0));
    };
    const auto time_left = std::max(std::chrono::ceil<Milliseconds>(until()), Milliseconds(1));
    MELISAI_TRY(const auto ran,
                tools_.run_under(slowdown_, base, callgrind_command(tools_.valgrind), time_left));
    if (!ran.problem.empty()) return Error{Errc::process, ran.problem};
    return read_callgrind(ran.directory, [&] { return until() == nanoseconds(0); });
  }

  std::string problem_of(const Error& error, bool is_first) {
    pass_.is_interrupted = error.code == Errc::interrupted;
    is_late_ = error.code == Errc::timeout;
    if (pass_.is_interrupted) return "interrupted";
    if (!is_late_) return error.message;
    return is_first ? "the first run under valgrind takes too long for one of each side to fit "
                      "into what is left of " +
                          time_.budget + "; raise it"
                    : time_.budget + " was spent; raise it";
  }

  const Slowdown& slowdown_;
  const CountingTime& time_;
  const ExplainTools& tools_;
  InstructionsPass pass_;
  bool is_late_ = false;
};

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(std::max<std::size_t>(values.size(), 1));
}

/// 0.2: a fifth more; 0 where nobody knows.
double growth_of(const gate::CauseInput& input, gate::Signal signal) {
  const auto found = input.signals.find(signal);
  if (found == input.signals.end()) return 0;
  const double base = mean(found->second.base);
  return base > 0 ? mean(found->second.head) / base - 1 : 0;
}

}  // namespace

InstructionsPass count_instructions(const Slowdown& slowdown, const CountingTime& time,
                                    const ExplainTools& tools) {
  return InstructionsCounter(slowdown, time, tools).count();
}

std::string doubt_of(const WorkRuns& work, const gate::CauseInput& input) {
  if (work.base.empty()) return "";
  const double cpu = growth_of(input, gate::Signal::cpu_time);
  if (work.base.size() > 1) return disagreement(work, kSpreadPart * cpu);
  const double base = work.base.front().instructions;
  if (!(cpu > 0) || !(base > 0)) return "";
  const double more = work.head.front().instructions / base - 1;
  const double part = more / cpu;
  if (part >= kMuchWork || part <= kLittleWork) return "";
  return "one run of each side says too little: CPU time " + format_effect(cpu) +
         ", instructions " + format_effect(more);
}

}  // namespace melisai
