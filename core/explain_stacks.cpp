#include "core/explain_stacks.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "core/base/text.h"
#include "core/base/units.h"

namespace melisai {
namespace {

using flame::Activity;
using flame::Stacks;
using gate::CauseInput;
using gate::Observed;
using gate::Signal;
using Activities = std::set<Activity>;

constexpr double kSureEnough = 0.8;     // that a function grew at all
constexpr double kGapPart = 0.03;       // of the slowdown, below which a function is not named
constexpr std::size_t kFunctions = 10;  // that are kept
constexpr std::size_t kWithLines = 3;   // of them, because a line takes tens of milliseconds
constexpr double kNanosecondsPerSecond = 1e9;

const Activities& kernel_work() {
  static const Activities all{Activity::system_call, Activity::file,   Activity::network,
                              Activity::child,       Activity::poll,   Activity::sleep,
                              Activity::pipe,        Activity::process};
  return all;
}

Activities on_cpu_of(Cause cause) {
  switch (cause) {
    case Cause::allocation: return {Activity::allocator};
    case Cause::memory: return {Activity::page_fault};
    case Cause::system_calls: return kernel_work();
    case Cause::file_io: return {Activity::file, Activity::system_call};
    case Cause::network: return {Activity::network, Activity::system_call};
    case Cause::subprocesses: return {Activity::process, Activity::child, Activity::system_call};
    case Cause::lock_wait: return {Activity::futex, Activity::system_call};
    default: return {};
  }
}

Activities off_cpu_of(Cause cause) {
  switch (cause) {
    case Cause::memory:
    case Cause::file_io: return {Activity::file, Activity::page_fault};
    case Cause::network: return {Activity::network, Activity::poll};
    // Their output is waited for too.
    case Cause::subprocesses: return {Activity::process, Activity::child, Activity::pipe};
    case Cause::lock_wait: return {Activity::futex};
    case Cause::sleep: return {Activity::sleep};
    // Who lost the CPU, wherever it was just then.
    case Cause::scheduling:
      return {Activity::program, Activity::allocator, Activity::system_call, Activity::page_fault};
    // Not who lost the CPU to somebody else: that is as much as the machine is busy.
    default:
      return {Activity::futex, Activity::file,       Activity::network,
              Activity::child, Activity::poll,       Activity::pipe,
              Activity::sleep, Activity::page_fault, Activity::process};
  }
}

/// Whether most frames of the kernel have names: without CAP_SYSLOG they are addresses.
bool names_kernel(const CollectedStacks& collected) {
  std::size_t frames = 0;
  std::size_t addresses = 0;
  for (const CollectedStack& stack : collected.stacks) {
    frames += stack.kernel.size();
    for (const std::string& name : stack.kernel) addresses += name.starts_with("0x") ? 1 : 0;
  }
  return 2 * addresses <= frames;
}

Stacks scaled(const Stacks& stacks, double factor) {
  Stacks result;
  for (const auto& [stack, weight] : stacks.all()) {
    flame::Stack numbers;
    for (const std::uint32_t number : stack) numbers.push_back(result.frame(stacks.frame(number)));
    result.add(std::move(numbers), weight * factor);
  }
  return result;
}

/// Empty activities: everything.
flame::Runs only(const flame::Runs& runs, const Activities& wanted) {
  if (wanted.empty()) return runs;
  flame::Runs chosen{.base = {}, .head = {}, .sample = runs.sample};
  for (const Stacks& run : runs.base) chosen.base.push_back(with_activity(run, wanted));
  for (const Stacks& run : runs.head) chosen.head.push_back(with_activity(run, wanted));
  return chosen;
}

std::vector<double> times_of(const std::vector<Stacks>& runs, const Activities& wanted,
                             double factor) {
  std::vector<double> times;
  for (const Stacks& run : runs) {
    double sum = 0;
    for (const auto& [activity, weight] : by_activity(run))
      if (wanted.contains(activity)) sum += weight;
    times.push_back(sum * factor);
  }
  return times;
}

/// Of numbers times `unit`; `head_factor` is in those of head already.
void put(Signal signal, const flame::Runs& runs, const Activities& wanted, double unit,
         double head_factor, CauseInput& input) {
  if (runs.base.empty() || runs.head.empty()) return;
  input.signals.insert_or_assign(signal, Observed{.base = times_of(runs.base, wanted, unit),
                                                  .head = times_of(runs.head, wanted, unit),
                                                  .sample = runs.sample * unit,
                                                  .head_sample = runs.sample * unit * head_factor});
}

/// What `run` spent in functions of the program that none of the `others` ran. A library that was
/// seen once is chance.
double alone(const Stacks& run, const std::vector<Stacks>& others) {
  double sum = 0;
  for (const flame::FunctionChange& each :
       flame::compare_functions({.base = others, .head = {run}, .sample = 1}))
    if (!(each.base.total > 0) && !flame::serves_its_caller(each.function)) sum += each.head.own;
  return sum;
}

/// What functions of the program that both sides ran lost, noise left out.
double shrunk(const flame::Runs& runs) {
  constexpr double kNoise = 0.1;
  double sum = 0;
  for (const flame::FunctionChange& each : flame::compare_functions(runs)) {
    const bool on_both = each.base.total > 0 && each.head.total > 0;
    if (on_both && -each.growth() > kNoise * each.base.own) sum -= each.growth();
  }
  return sum;
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

/// `text` with `to` for each path into `directory` in it.
void replace_directory(const std::string& directory, const std::string& to, std::string& text) {
  constexpr std::string_view kBeforePath = "'\" (:=";
  if (directory.size() < 2) return;
  const std::string wanted = directory + "/";
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at)) {
    const bool is_path = at == 0 || kBeforePath.find(text[at - 1]) != std::string_view::npos;
    if (is_path) text.replace(at, wanted.size(), to);
    at += is_path ? to.size() : 1;
  }
}

/// Functions of libraries stand where no caller is known, and say less than those of the program.
bool is_of_library(const StackFrame& function) {
  return function.kind != FrameKind::program && function.kind != FrameKind::jit;
}

/// Reports are read by people who need not know where things lie on this machine, nor a secret that
/// a program has in its names.
std::string shown(std::string text, const std::vector<std::string>& trees) {
  for (const std::string& tree : trees) replace_directory(tree, "", text);
  if (const char* home = std::getenv("HOME")) replace_directory(home, "~/", text);
  return masked(std::move(text));
}

Stacks all_of(const std::vector<Stacks>& runs) {
  Stacks sum;
  for (const Stacks& run : runs) {
    for (const auto& [stack, weight] : run.all()) {
      flame::Stack numbers;
      for (const std::uint32_t number : stack) numbers.push_back(sum.frame(run.frame(number)));
      sum.add(std::move(numbers), weight);
    }
  }
  return sum;
}

}  // namespace

NamedStacks::NamedStacks(const ObservedRuns& runs, double factor, std::vector<std::string> trees,
                         naming::Options naming)
    : namer_(std::move(naming)), trees_(std::move(trees)), factor_(factor) {
  // Head first: of a function on both sides its place is the one that people look at.
  for (const ObservedRun& run : runs.head) take(run, factor, false);
  for (const ObservedRun& run : runs.base) take(run, 1, true);
  if (!is_lost_) tell_nameless_files();
}

void NamedStacks::tell_nameless_files() {
  const Result<std::vector<symbols::FileProblem>> files = namer_.problems();
  if (!files) return lose(files.error());
  if (files->empty()) return;
  const std::string first =
      text_of(files->front(), [this](std::string path) { return shown(std::move(path), trees_); });
  problem("names are missing: " + first +
          (files->size() > 1 ? ", and of " + std::to_string(files->size() - 1) + " more" : ""));
}

// All of them: what is left of one side is no picture of it.
void NamedStacks::lose(const Error& error) {
  is_lost_ = true;
  problem("names are missing: " + error.message);
  on_cpu_ = {};
  off_cpu_ = {.base = {}, .head = {}, .sample = 0};
  places_.clear();
}

void NamedStacks::problem(const std::string& what) {
  const std::string text = shown(what, trees_);
  if (!text.empty() && std::find(problems_.begin(), problems_.end(), text) == problems_.end())
    problems_.push_back(text);
}

void NamedStacks::take(const ObservedRun& run, double factor, bool base) {
  for (const bool on_cpu : {true, false}) {
    const std::string_view name = on_cpu ? "profile" : "offcputime";
    for (const std::string& error : errors_of(run, name)) problem(std::string(name) + ": " + error);
    const HostResult* part = part_of(run, name);
    if (part == nullptr && (part = part_of(run, stand_in_of(name))) != nullptr) {
      kernel_named_ = false;  // it has nothing of the kernel, which is not the same as no change
      problem("stacks are of what ran outside the kernel alone");
    }
    if (part == nullptr) continue;
    if (const double hertz = part->data.number("frequency_hz").value_or(0); on_cpu && hertz > 0)
      sample_ns_ = kNanosecondsPerSecond / hertz;
    const Result<CollectedStacks> collected = collected_stacks_from_json(part->data.to_json());
    if (!collected) {
      problem(collected.error().message);
      continue;
    }
    if (!names_kernel(*collected)) {
      kernel_named_ = false;
      problem(
          "functions of the kernel have no names, so nobody knows what threads waited for; "
          "give CAP_SYSLOG");
    }
    if (is_lost_) continue;
    Result<flame::Named> names =
        namer_.name_stacks(*collected, on_cpu ? flame::Weight::count : flame::Weight::time);
    if (!names) {
      lose(names.error());
      continue;
    }
    flame::Named named = *std::move(names);
    if (on_cpu) problem(named.advice);
    if (part->truncated) problem("there were more different stacks than a collector may tell");
    for (const auto& [frame, place] : named.places) places_.emplace(frame, place);
    flame::Runs& runs = on_cpu ? on_cpu_ : off_cpu_;
    (base ? runs.base : runs.head)
        .push_back(factor == 1 ? std::move(named.stacks) : scaled(named.stacks, factor));
  }
}

void NamedStacks::add_signals(CauseInput& input) const {
  put(Signal::allocator_time, on_cpu_, {Activity::allocator}, sample_ns_, factor_, input);
  if (!kernel_named_) return;
  put(Signal::fault_time, on_cpu_, {Activity::page_fault}, sample_ns_, factor_, input);
  put(Signal::system_time, on_cpu_, kernel_work(), sample_ns_, factor_, input);
  put(Signal::futex_time, on_cpu_, {Activity::futex}, sample_ns_, factor_, input);
  put(Signal::process_time, on_cpu_, {Activity::process, Activity::child}, sample_ns_, factor_,
      input);
  put(Signal::futex_wait, off_cpu_, {Activity::futex}, 1, factor_, input);
  put(Signal::file_wait, off_cpu_, {Activity::file}, 1, factor_, input);
  put(Signal::network_wait, off_cpu_, {Activity::network}, 1, factor_, input);
  put(Signal::child_wait, off_cpu_, {Activity::child, Activity::process}, 1, factor_, input);
  put(Signal::sleep_wait, off_cpu_, {Activity::sleep}, 1, factor_, input);
}

// A function that vanished and one that appeared may be one that was renamed, and what others lost
// may have moved, so both have to be little beside what appeared.
void NamedStacks::add_new_code(CauseInput& input) const {
  if (empty()) return;
  constexpr double kVanishedPart = 0.1;
  const flame::Runs program = only(on_cpu_, {Activity::program});
  Observed observed{
      .base = {}, .head = {}, .sample = sample_ns_, .head_sample = sample_ns_ * factor_};
  for (const Stacks& run : program.base)
    observed.base.push_back(alone(run, program.head) * sample_ns_);
  for (const Stacks& run : program.head)
    observed.head.push_back(alone(run, program.base) * sample_ns_);
  const double vanished = sum_of(observed.base) / static_cast<double>(observed.base.size()) +
                          shrunk(program) * sample_ns_;
  const double appeared = sum_of(observed.head) / static_cast<double>(observed.head.size());
  if (vanished <= kVanishedPart * appeared)
    input.signals.insert_or_assign(Signal::new_code_time, std::move(observed));
}

void NamedStacks::add_functions(CauseInput& input) {
  const double gap = gap_of(input);
  all_grown_[true] = grown(on_cpu_, gap, true);
  all_grown_[false] = grown(only(off_cpu_, off_cpu_of(Cause::not_known)), gap, false);
  for (const bool on_cpu : {true, false}) {
    (on_cpu ? input.on_cpu : input.off_cpu) = all_grown_[on_cpu];
  }
}

// Behind those that the cause is about comes what else grew.
void NamedStacks::add_functions_of(Cause cause, CauseInput& input) {
  const double gap = gap_of(input);
  for (const bool on_cpu : {true, false}) {
    const flame::Runs& runs = on_cpu ? on_cpu_ : off_cpu_;
    const Activities wanted = on_cpu ? on_cpu_of(cause) : off_cpu_of(cause);
    std::vector<EvidenceFunction> functions = grown(only(runs, wanted), gap, on_cpu);
    if (functions.empty()) continue;
    for (const EvidenceFunction& other : all_grown_[on_cpu])
      if (std::none_of(functions.begin(), functions.end(),
                       [&](const EvidenceFunction& each) { return each.name == other.name; }))
        functions.push_back(other);
    if (functions.size() > kFunctions) functions.resize(kFunctions);
    (on_cpu ? input.on_cpu : input.off_cpu) = std::move(functions);
  }
}

// A function of the kernel names nobody.
std::vector<EvidenceFunction> NamedStacks::grown(const flame::Runs& runs, double gap, bool on_cpu) {
  std::vector<flame::FunctionChange> told;
  const double unit = on_cpu ? sample_ns_ : 1;
  for (const flame::FunctionChange& change : flame::compare_functions(runs)) {
    const double growth = change.growth() * unit;
    if (told.size() == kFunctions || growth <= 0 || growth < kGapPart * gap) break;
    if (change.confidence >= kSureEnough && change.function.kind != FrameKind::kernel)
      told.push_back(change);
  }
  std::stable_partition(told.begin(), told.end(), [](const flame::FunctionChange& change) {
    return !is_of_library(change.function);
  });
  std::vector<EvidenceFunction> functions;
  for (const flame::FunctionChange& change : told) {
    EvidenceFunction function{.name = masked(change.function.name),
                              .file = "",
                              .line = 0,
                              .when = on_cpu ? "on-cpu" : "off-cpu",
                              .unit = "ns",
                              .base = change.base.own * unit,
                              .head = change.head.own * unit,
                              .confidence = change.confidence};
    if (functions.size() < kWithLines) add_line(change.function, function);
    functions.push_back(std::move(function));
  }
  return functions;
}

void NamedStacks::add_line(const StackFrame& function, EvidenceFunction& to) {
  const auto place = places_.find(function);
  if (place == places_.end()) return;
  const Result<symbols::SourceLine> line = namer_.line_of(place->second);
  if (!line && !namer_.pid()) {
    is_lost_ = true;
    problem("lines of functions are missing: " + line.error().message);
  }
  if (!line) return;
  to.file = shown(line->file, trees_);
  to.line = line->line;
}

Result<std::vector<EvidenceFile>> NamedStacks::write(const Labels& labels,
                                                     const std::string& directory) const {
  constexpr double kNanosecondsPerMillisecond = 1e6;
  std::vector<EvidenceFile> files;
  MELISAI_CHECK(make_directories(directory + "/flame"));
  const auto add = [&](const std::string& kind, const std::string& name,
                       const std::string& content) -> Result<void> {
    MELISAI_CHECK(write_file(directory + "/flame/" + name, masked(content)));
    files.push_back({kind, "flame/" + name});
    return {};
  };
  for (const bool on_cpu : {!labels.waits, labels.waits}) {
    const flame::Runs& runs = on_cpu ? on_cpu_ : off_cpu_;
    if (runs.base.empty() || runs.head.empty()) continue;
    const double unit = on_cpu ? sample_ns_ : 1;
    const std::string name = labels.file + (on_cpu ? "" : ".off-cpu");
    MELISAI_CHECK(add(
        "flame_graph", name + ".svg",
        render_svg(runs, {.title = labels.benchmark + (on_cpu ? ": on the CPU" : ": off the CPU"),
                          .base = labels.base,
                          .head = labels.head,
                          .unit = "ms",
                          .scale = unit / kNanosecondsPerMillisecond})));
    MELISAI_CHECK(add("folded_base", name + ".base.folded", flame::to_folded(all_of(runs.base))));
    MELISAI_CHECK(add("folded_head", name + ".head.folded", flame::to_folded(all_of(runs.head))));
  }
  return files;
}

}  // namespace melisai
