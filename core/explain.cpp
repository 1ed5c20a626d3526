#include "core/explain.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/base/secrets.h"
#include "core/base/units.h"
#include "core/explain_count.h"
#include "core/explain_passes.h"
#include "core/explain_stacks.h"

namespace melisai {
namespace {

using std::chrono::nanoseconds;
using Names = std::vector<std::string>;

constexpr nanoseconds kWatchedEnough = std::chrono::seconds(2);  // of base, for stacks
constexpr int kShortProgramRuns = 3;  // times as many runs, until that was watched
constexpr std::size_t kFileNameBytes = 80;
constexpr const char* kInterrupted = "interrupted";
constexpr const char* kNextAction =
    "run it as root or with CAP_BPF and CAP_PERFMON; `melisai-gate doctor` says what is missing";

/// Passes the window on and takes its time.
class TimedWindow final : public RunObserver {
 public:
  TimedWindow(collect::Collectors& collectors, const Clock& clock)
      : collectors_(collectors), clock_(clock) {}
  void before_exec(const ProcessTree& tree) override {
    collectors_.before_exec(tree);
    begun_ = clock_.monotonic();
  }
  void after_last(const ProcessTree& tree) override {
    took_ = clock_.monotonic() - begun_;
    collectors_.after_last(tree);
  }
  ObservedRun seen() const {
    return {.wall_ns = static_cast<double>(took_.count()),
            .samples = collectors_.take_samples(),
            .parts = collectors_.take_host_results()};
  }

 private:
  collect::Collectors& collectors_;
  const Clock& clock_;
  nanoseconds begun_{0}, took_{0};
};

/// Of a benchmark, for a file: names of benchmarks are hostile.
std::string file_name(const std::string& benchmark) {
  std::string name = benchmark.substr(0, kFileNameBytes);
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!is_plain) c = '_';
  }
  return name.empty() ? "_" : name;
}

/// Before they are cut: functions may be called what a secret is.
void mask(std::vector<EvidenceFunction>& functions) {
  for (EvidenceFunction& each : functions) {
    each.name = masked(std::move(each.name));
    each.file = masked(std::move(each.file));
  }
}

/// Sentences, each once.
class Note {
 public:
  void add(const std::string& sentence) {
    if (sentence.empty() || !said_.insert(sentence).second) return;
    text_ += (text_.empty() ? "" : "; ") + sentence;
  }
  const std::string& text() const { return text_; }

 private:
  std::set<std::string> said_;
  std::string text_;
};

class Explainer {
 public:
  Explainer(const ExplainRequest& request, const ExplainTools& tools)
      : request_(request), tools_(tools), end_(tools.clock.monotonic() + request.options.budget) {}

  Explanation all(const std::vector<Slowdown>& slowdowns) {
    Explanation explanation;
    for (const Slowdown& slowdown : slowdowns) {
      const auto left =
          static_cast<nanoseconds::rep>(slowdowns.size() - explanation.evidence.size());
      std::optional<Evidence> evidence = one(slowdown, left_until(end_) / left);
      if (evidence) explanation.evidence.push_back(*std::move(evidence));
      if (is_interrupted_) break;
    }
    if (explanation.evidence.size() < slowdowns.size()) explanation.ended = kInterrupted;
    return explanation;
  }

 private:
  struct Pass {
    EvidencePass told;
    ObservedRuns runs;
  };

  nanoseconds left_until(nanoseconds end) const {
    return std::max(end - tools_.clock.monotonic(), nanoseconds(0));
  }

  /// Enough for any program that means no harm, also when the passes took all.
  Milliseconds naming_time(nanoseconds end) const {
    constexpr Milliseconds kLeast = std::chrono::seconds(5);
    return std::clamp(std::chrono::ceil<Milliseconds>(left_until(end)), kLeast, naming::kTimeMax);
  }

  /// Nothing when the user interrupted it before anything was seen.
  std::optional<Evidence> one(const Slowdown& slowdown, nanoseconds share) {
    const nanoseconds end = tools_.clock.monotonic() + share;
    lacks_ebpf_ = false;
    const Pass counts = pass(counts_pass(), slowdown, end - share * 2 / 3);
    if (is_interrupted_ && counts.told.runs == 0) return std::nullopt;
    std::vector<EvidencePass> passes{counts.told};
    ObservedRuns stacks;
    if (!is_interrupted_) stacks = seen_in(stacks_pass(), slowdown, end, passes);
    NamedStacks named(stacks, same_work(slowdown, stacks), request_.trees,
                      {.time_max = naming_time(end), .interrupted = tools_.interrupted});
    gate::CauseInput input = counted_input(slowdown, counts.runs);
    named.add_signals(input);
    add_watched_times(slowdown, stacks, input);
    WorkRuns work = tools_.counted ? tools_.counted(slowdown) : WorkRuns();
    Evidence evidence = judged(slowdown, named, work, input);
    Note note;
    const auto is_open = [&] {
      return !is_interrupted_ && evidence.cause == Cause::not_known && slowdown.is_time;
    };
    bool is_counted = input.signals.contains(gate::Signal::instructions);
    if (is_open() && slowdown.whole_process && is_cpu_bound(input) && work.base.empty()) {
      passes.push_back(instructions(slowdown, end, input, work));
      is_counted = is_counted || passes.back().runs > 0;
      evidence = judged(slowdown, named, work, input);
    }
    // Only where nobody counted: what moved to another function is no more work.
    if (is_open() && !is_counted && is_cpu_bound(input)) {
      named.add_new_code(input);
      evidence = judged(slowdown, named, work, input);
    }
    if (is_open() && !named.empty()) {
      const ObservedRuns deep = seen_in(deep_pass(), slowdown, end, passes);
      const std::string shown = add_deep(slowdown, deep, input);
      evidence = judged(slowdown, named, work, input);
      if (evidence.cause == Cause::not_known) note.add(shown);
    }
    evidence.passes = std::move(passes);
    complete(slowdown, named, same_work(slowdown, counts.runs), std::move(note), evidence);
    return evidence;
  }

  ObservedRuns seen_in(const PassKind& kind, const Slowdown& slowdown, nanoseconds end,
                       std::vector<EvidencePass>& passes) {
    Pass made = pass(kind, slowdown, end);
    passes.push_back(std::move(made.told));
    return std::move(made.runs);
  }

  /// Twice, because which functions count depends on the cause.
  Evidence judged(const Slowdown& slowdown, NamedStacks& named, const WorkRuns& work,
                  gate::CauseInput& input) const {
    named.add_functions(input);
    add_work(work, input);
    const BenchmarkResult& worst = slowdown.worst;
    if (!slowdown.is_time) {
      const Cause cause = gate::cause_of_count(worst.metric.name);
      named.add_functions_of(cause, input);
      const bool is_work = cause == Cause::cpu_work || cause == Cause::allocation;
      std::vector<EvidenceFunction> exact = grown_functions(work, cause, request_.trees);
      if (is_work && !exact.empty()) input.on_cpu = std::move(exact);
      mask(input.on_cpu);
      return gate::explain_count(growth_of(worst), input.on_cpu);
    }
    mask(input.on_cpu);
    mask(input.off_cpu);
    const Evidence first = gate::explain_slowdown(input);
    if (first.cause == Cause::not_known) return first;
    named.add_functions_of(first.cause, input);
    const bool is_work = first.cause == Cause::cpu_work || first.cause == Cause::allocation;
    std::vector<EvidenceFunction> exact = grown_functions(work, first.cause, request_.trees);
    if (is_work && !exact.empty()) input.on_cpu = std::move(exact);
    mask(input.on_cpu);
    mask(input.off_cpu);
    return gate::explain_slowdown(input);
  }

  void complete(const Slowdown& slowdown, const NamedStacks& named, double factor, Note note,
                Evidence& evidence) {
    Note whole;
    whole.add(evidence.note);
    // Or people take the cause of the time for that of the count.
    if (slowdown.is_time && slowdown.counted &&
        gate::cause_of_count(slowdown.counted->metric.name) != evidence.cause)
      whole.add("regressed beside it: " + gate::growth_text(growth_of(*slowdown.counted)));
    whole.add(note.text());
    for (EvidencePass& pass : evidence.passes) {
      if (pass.problem.empty()) continue;
      pass.problem = masked(std::move(pass.problem));
      whole.add((pass.runs == 0 ? "no " : "not all ") + pass.name + ": " + pass.problem);
    }
    if (lacks_ebpf_ && evidence.cause == Cause::not_known && evidence.advice.empty())
      evidence.advice = kNextAction;
    // Names that are missing matter where none is told.
    if (evidence.functions.empty() || evidence.cause == Cause::not_known || named.is_lost())
      for (const std::string& problem : named.problems()) whole.add(problem);
    if (factor != 1)
      whole.add(
          "the program runs for a time and not for an amount of work, so numbers of head are "
          "multiplied by " +
          format_quantity(factor, "ratio"));
    if (!named.empty()) {
      Result<std::vector<EvidenceFile>> files = named.write(
          {.file = unused_name(file_name(slowdown.benchmark)),
           .benchmark = slowdown.benchmark,
           .base = request_.base,
           .head = request_.head,
           .waits = !evidence.functions.empty() && evidence.functions.front().when == "off-cpu"},
          request_.output_dir);
      if (files)
        evidence.files = *std::move(files);
      else
        whole.add("no flame graph: " + files.error().message);
    }
    evidence.note = masked(whole.text());
    evidence.sentence = masked(std::move(evidence.sentence));
  }

  std::string unused_name(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !names_.insert(name).second; ++i) name = wanted + "-" + std::to_string(i);
    return name;
  }

  EvidencePass instructions(const Slowdown& slowdown, nanoseconds end,
                            const gate::CauseInput& input, WorkRuns& work) {
    InstructionsPass pass =
        count_instructions(slowdown, {.deadline = end, .budget = budget_name()}, tools_);
    is_interrupted_ = is_interrupted_ || pass.is_interrupted;
    if (pass.told.problem.empty()) pass.told.problem = doubt_of(pass.work, input);
    if (pass.told.problem.empty()) work = std::move(pass.work);
    return std::move(pass.told);
  }

  std::string problem_of(const Error& error) {
    if (error.code == Errc::interrupted) is_interrupted_ = true;
    return is_interrupted_               ? kInterrupted
           : error.code == Errc::timeout ? budget_ended()
                                         : error.message;
  }

  /// Rounds of one run of each side, at least one where there is any time.
  Pass pass(const PassKind& kind, const Slowdown& slowdown, nanoseconds deadline) {
    const nanoseconds begun = tools_.clock.monotonic();
    Pass pass{.told = {.name = kind.name}, .runs = {}};
    const auto ended = [&] {
      pass.told.seconds = std::chrono::duration<double>(tools_.clock.monotonic() - begun).count();
      return pass;
    };
    if (left_until(end_) == nanoseconds(0)) {
      pass.told.problem = budget_ended();
      return ended();
    }
    tools_.progress.stage_started("why " + slowdown.benchmark + " is slower", kind.name);
    collect::Collectors* const collectors = collectors_of(kind);
    if (collectors == nullptr) {
      pass.told.problem = "collect.collectors leaves out ebpf and process";
      return ended();
    }
    const std::vector<CollectorResult> results = collectors->results();
    pass.told.problem = why_without(results, kind.parts);
    lacks_ebpf_ = lacks_ebpf_ || !pass.told.problem.empty();
    if (kind.needs_parts && !any_available(results, kind.parts)) return ended();
    nanoseconds watched{0};
    for (int round = 0; round < rounds_max(kind, watched); ++round) {
      const nanoseconds round_begun = tools_.clock.monotonic();
      const Result<std::string> ran = run_both(slowdown, *collectors, round % 2 == 0, pass.runs);
      if (!ran || !ran->empty()) {
        pass.told.problem = ran ? *ran : problem_of(ran.error());
        break;
      }
      ++pass.told.runs;
      watched += nanoseconds(static_cast<nanoseconds::rep>(pass.runs.base.back().wall_ns));
      // A round that would be cut is wasted time.
      if (left_until(deadline) < tools_.clock.monotonic() - round_begun) break;
    }
    note_lost(*collectors, kind, pass.told);
    return ended();
  }

  std::string budget_name() const {
    return "gate.explain.budget (" + format_duration(request_.options.budget) + ")";
  }
  std::string budget_ended() const { return budget_name() + " was spent; raise it"; }

  int rounds_max(const PassKind& kind, nanoseconds watched) const {
    const bool is_short = &kind == &stacks_pass() && watched < kWatchedEnough;
    return request_.options.runs * (is_short ? kShortProgramRuns : 1);
  }

  /// A round counts whole or not at all.
  Result<std::string> run_both(const Slowdown& slowdown, collect::Collectors& collectors,
                               bool base_first, ObservedRuns& runs) {
    std::array<ObservedRun, 2> seen;
    for (const bool base : {base_first, !base_first}) {
      TimedWindow window(collectors, tools_.clock);
      const auto left = std::chrono::ceil<Milliseconds>(left_until(end_));
      MELISAI_TRY(const std::string problem,
                  tools_.run(slowdown, base, window, std::max(left, Milliseconds(1))));
      if (!problem.empty()) return (base ? "base: " : "head: ") + problem;
      seen[base ? 0 : 1] = window.seen();
    }
    runs.base.push_back(std::move(seen[0]));
    runs.head.push_back(std::move(seen[1]));
    return std::string();
  }

  /// A collector that was lost on the way.
  void note_lost(const collect::Collectors& collectors, const PassKind& kind, EvidencePass& told) {
    if (!told.problem.empty()) return;
    told.problem = why_without(collectors.results(), kind.parts);
    lacks_ebpf_ = lacks_ebpf_ || !told.problem.empty();
  }

  collect::Collectors* collectors_of(const PassKind& kind) {
    const auto [known, fresh] = collectors_.try_emplace(kind.name);
    if (fresh) known->second = tools_.start(kind.parts);
    return known->second.get();
  }

  const ExplainRequest& request_;
  const ExplainTools& tools_;
  nanoseconds end_;
  bool is_interrupted_ = false;
  bool lacks_ebpf_ = false;  // for a pass over this slowdown
  std::map<std::string, std::unique_ptr<collect::Collectors>> collectors_;  // by pass
  std::set<std::string> names_;                                             // of files
};

}  // namespace

Explanation explain(const std::vector<Slowdown>& slowdowns, const ExplainRequest& request,
                    const ExplainTools& tools) {
  return Explainer(request, tools).all(slowdowns);
}

}  // namespace melisai
