#include "core/explain.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/base/units.h"
#include "core/explain_instructions.h"
#include "core/explain_stacks.h"

namespace melisai {
namespace {

using std::chrono::nanoseconds;
using Names = std::vector<std::string>;

constexpr std::string_view kKernelCollector = "ebpf";
constexpr nanoseconds kWatchedEnough = std::chrono::seconds(2);  // of base, for stacks
constexpr int kShortProgramRuns = 3;  // times as many runs, until that was watched
constexpr std::size_t kFileNameBytes = 80;
constexpr double kShortRunNs = 500e6;     // of what runs under valgrind
constexpr double kValgrindSlowdown = 40;  // about; measured 15 to 50
constexpr int kAgreeingRuns = 2;
constexpr const char* kNextAction =
    "run it as root or with CAP_BPF and CAP_PERFMON; `melisai-gate doctor` says what is missing";

struct PassKind {
  const char* name;
  Names parts;       // of the collector ebpf
  bool needs_parts;  // without any of them nothing is run
};

const PassKind& counts_pass() {
  static const PassKind kind{"counts", {"syscount", "futex"}, false};
  return kind;
}
const PassKind& stacks_pass() {
  static const PassKind kind{"stacks", {"profile", "offcputime"}, true};
  return kind;
}
const PassKind& deep_pass() {
  static const PassKind kind{"deep", {"runqlat", "syslat"}, true};
  return kind;
}

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

/// Why what is called so says nothing here; "" when it does.
std::string why_without(const std::vector<CollectorResult>& results, const Names& parts) {
  const auto kernel = std::find_if(results.begin(), results.end(), [](const CollectorResult& each) {
    return each.name == kKernelCollector;
  });
  if (kernel == results.end())
    return "the collector ebpf is not installed, or collect.collectors leaves it out";
  if (kernel->status != CollectorStatus::ok)
    return "ebpf: " +
           (kernel->reason.empty() ? std::string(to_string(kernel->status)) : kernel->reason);
  std::string missing;
  for (const CollectorPart& part : kernel->parts)
    if (std::find(parts.begin(), parts.end(), part.name) != parts.end() &&
        !part.unavailable.empty())
      missing += (missing.empty() ? "" : ", ") + part.name + ": " + part.unavailable;
  return missing;
}

bool any_available(const std::vector<CollectorResult>& results, const Names& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return why_without(results, {part}).empty(); });
}

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
      if (!evidence) {
        explanation.ended = "interrupted";
        break;
      }
      explanation.evidence.push_back(*std::move(evidence));
    }
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

  /// Nothing when the user interrupted it.
  std::optional<Evidence> one(const Slowdown& slowdown, nanoseconds share) {
    const nanoseconds begun = tools_.clock.monotonic();
    std::optional<Pass> counts = pass(counts_pass(), slowdown, begun + share / 3);
    if (!counts) return std::nullopt;
    std::optional<Pass> stacks = pass(stacks_pass(), slowdown, begun + share);
    if (!stacks) return std::nullopt;
    NamedStacks named(stacks->runs, same_work(slowdown, stacks->runs), request_.trees);
    gate::CauseInput input = counted_input(slowdown, counts->runs);
    named.add_signals(input);
    WorkRuns work;
    Evidence evidence = judged(slowdown, named, work, input);
    Note note;
    std::vector<EvidencePass> passes{counts->told, stacks->told};
    const auto is_open = [&] { return evidence.cause == Cause::not_known && slowdown.is_time; };
    if (is_open() && slowdown.whole_process && is_cpu_bound(input)) {
      const std::optional<EvidencePass> told = count_instructions(slowdown, work);
      if (!told) return std::nullopt;
      evidence = judged(slowdown, named, work, input);
      passes.push_back(*told);
    }
    if (is_open() && !named.empty()) {
      std::optional<Pass> deep = pass(deep_pass(), slowdown, begun + share);
      if (!deep) return std::nullopt;
      const std::string shown = add_deep(slowdown, deep->runs, input);
      evidence = judged(slowdown, named, work, input);
      if (evidence.cause == Cause::not_known) note.add(shown);
      passes.push_back(deep->told);
    }
    evidence.passes = std::move(passes);
    complete(slowdown, named, same_work(slowdown, counts->runs), std::move(note), evidence);
    return evidence;
  }

  /// Twice, because which functions count depends on the cause.
  Evidence judged(const Slowdown& slowdown, NamedStacks& named, const WorkRuns& work,
                  gate::CauseInput& input) const {
    named.add_functions(input);
    add_work(work, input);
    const BenchmarkResult& worst = slowdown.worst;
    if (!slowdown.is_time) {
      named.add_functions_of(gate::cause_of_count(worst.metric.name), input);
      return gate::explain_count({.benchmark = slowdown.benchmark,
                                  .metric = worst.metric.name,
                                  .unit = worst.metric.unit,
                                  .base = worst.base ? worst.base->median : 0,
                                  .head = worst.head ? worst.head->median : 0},
                                 input.on_cpu);
    }
    const Evidence first = gate::explain_slowdown(input);
    if (first.cause == Cause::not_known) return first;
    named.add_functions_of(first.cause, input);
    const bool is_work = first.cause == Cause::cpu_work || first.cause == Cause::allocation;
    std::vector<EvidenceFunction> exact = grown_functions(work, request_.trees);
    if (is_work && !exact.empty()) input.on_cpu = std::move(exact);
    return gate::explain_slowdown(input);
  }

  void complete(const Slowdown& slowdown, const NamedStacks& named, double factor, Note note,
                Evidence& evidence) {
    Note whole;
    whole.add(evidence.note);
    whole.add(note.text());
    bool is_missing = false;
    for (const EvidencePass& pass : evidence.passes) {
      if (pass.problem.empty()) continue;
      whole.add((pass.runs == 0 ? "no " : "not all ") + pass.name + ": " + pass.problem);
      is_missing = true;
    }
    if (is_missing && evidence.cause == Cause::not_known && evidence.advice.empty())
      evidence.advice = kNextAction;
    // Names that are missing matter where none is told.
    if (evidence.functions.empty() || evidence.cause == Cause::not_known)
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
    evidence.note = whole.text();
  }

  std::string unused_name(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !names_.insert(name).second; ++i) name = wanted + "-" + std::to_string(i);
    return name;
  }

  /// Why nobody can count them; "" when somebody can.
  std::string no_instructions(const Slowdown& slowdown) const {
    const double wall = sum_of_walls(slowdown);
    const auto needed = nanoseconds(static_cast<nanoseconds::rep>(wall * kValgrindSlowdown));
    if (tools_.valgrind.empty())
      return "valgrind is not installed; it counts them where the CPU has no counter for that";
    if (!(wall > 0) || wall > 2 * kShortRunNs)
      return "a run takes longer than 500 ms, and under valgrind many times that";
    return needed > left_until(end_) ? budget_ended() : "";
  }
  static double sum_of_walls(const Slowdown& slowdown) {
    double sum = 0;
    for (const std::vector<double>* side : {&slowdown.wall_time.base, &slowdown.wall_time.head})
      sum += side->empty() ? 0 : side->front();
    return sum;
  }

  /// Each side under callgrind, twice where there is time. Nothing: interrupted.
  std::optional<EvidencePass> count_instructions(const Slowdown& slowdown, WorkRuns& work) {
    const nanoseconds begun = tools_.clock.monotonic();
    EvidencePass told{.name = "instructions", .problem = no_instructions(slowdown)};
    if (!told.problem.empty()) return told;
    tools_.progress.stage_started("why " + slowdown.benchmark + " is slower", told.name);
    const Names tool{tools_.valgrind, "--tool=callgrind", "--quiet", "--trace-children=yes",
                     "--callgrind-out-file={dir}/callgrind.%p"};
    for (int round = 0; round < kAgreeingRuns && told.problem.empty(); ++round) {
      const nanoseconds round_begun = tools_.clock.monotonic();
      for (const bool base : {true, false}) {
        const auto left = std::chrono::ceil<Milliseconds>(left_until(end_));
        const auto ran = tools_.run_under(slowdown, base, tool, std::max(left, Milliseconds(1)));
        if (!ran && ran.error().code == Errc::interrupted) return std::nullopt;
        Result<CountedWork> counted = !ran                    ? ran.error()
                                      : !ran->problem.empty() ? Error{Errc::process, ran->problem}
                                                              : read_callgrind(ran->directory);
        if (!counted && told.problem.empty()) told.problem = counted.error().message;
        if (counted) (base ? work.base : work.head).push_back(*std::move(counted));
      }
      if (told.problem.empty()) ++told.runs;
      if (left_until(end_) < tools_.clock.monotonic() - round_begun) break;
    }
    if (told.problem.empty()) told.problem = disagreement(work);
    if (!told.problem.empty()) work = {};
    told.seconds = std::chrono::duration<double>(tools_.clock.monotonic() - begun).count();
    return told;
  }

  /// Rounds of one run of each side, at least one where there is any time. Nothing: interrupted.
  std::optional<Pass> pass(const PassKind& kind, const Slowdown& slowdown, nanoseconds deadline) {
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
    if (kind.needs_parts && !any_available(results, kind.parts)) return ended();
    nanoseconds watched{0};
    for (int round = 0; round < rounds_max(kind, watched); ++round) {
      const nanoseconds round_begun = tools_.clock.monotonic();
      const Result<std::string> ran = run_both(slowdown, *collectors, round % 2 == 0, pass.runs);
      if (!ran && ran.error().code == Errc::interrupted) return std::nullopt;
      if (!ran || !ran->empty()) {
        pass.told.problem = ran                                 ? *ran
                            : ran.error().code == Errc::timeout ? budget_ended()
                                                                : ran.error().message;
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

  std::string budget_ended() const {
    return "gate.explain.budget (" + format_duration(request_.options.budget) +
           ") was spent; raise it";
  }

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
  static void note_lost(const collect::Collectors& collectors, const PassKind& kind,
                        EvidencePass& told) {
    if (!told.problem.empty()) return;
    told.problem = why_without(collectors.results(), kind.parts);
  }

  collect::Collectors* collectors_of(const PassKind& kind) {
    const auto [known, fresh] = collectors_.try_emplace(kind.name);
    if (fresh) known->second = tools_.start(kind.parts);
    return known->second.get();
  }

  const ExplainRequest& request_;
  const ExplainTools& tools_;
  nanoseconds end_;
  std::map<std::string, std::unique_ptr<collect::Collectors>> collectors_;  // by pass
  std::set<std::string> names_;                                             // of files
};

}  // namespace

Explanation explain(const std::vector<Slowdown>& slowdowns, const ExplainRequest& request,
                    const ExplainTools& tools) {
  return Explainer(request, tools).all(slowdowns);
}

}  // namespace melisai
