#include "core/flame/difference.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/stats/counted_growth.h"

namespace melisai::flame {
namespace {

// "std::vector<int> ns::parse<char>(std::string)" -> "ns::parse": without arguments, and without
// the result that demanglers write before functions that are templates.
std::string plain_function(std::string_view name) {
  std::string plain;
  int depth = 0;
  for (const char c : name) {
    if (c == '<' || c == '(') ++depth;
    if (depth == 0) plain += c;
    if ((c == '>' || c == ')') && depth > 0) --depth;
  }
  while (plain.ends_with(" const") || plain.ends_with(' '))
    plain.resize(plain.size() - (plain.back() == ' ' ? 1 : 6));
  const std::size_t space = plain.rfind(' ');
  const bool is_operator = plain.find("operator ") != std::string::npos;
  return space == std::string::npos || is_operator ? plain : plain.substr(space + 1);
}

bool is_runtime_function(const std::string& name) {
  constexpr std::array<std::string_view, 20> kPrefixes{
      "std::",      "__gnu_cxx::", "operator new", "operator delete", "__cxa_",
      "_Unwind_",   "__libc_",     "pthread_",     "__pthread_",      "___pthread_",
      "__lll_lock", "futex_",      "_int_",        "__mem",           "__str",
      "tcmalloc::", "je_",         "mi_",          "alloc::",         "runtime."};
  // _init also names the stubs behind it, through which libraries are called.
  constexpr std::array<std::string_view, 22> kNames{
      "_init",   "malloc", "free",   "calloc", "realloc", "memcpy", "memmove", "memset",
      "memcmp",  "strlen", "strcmp", "read",   "write",   "open",   "close",   "fsync",
      "syscall", "poll",   "mmap",   "munmap", "fork",    "clone"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Sums of one run, by the numbers of all functions of all runs.
struct RunCost {
  std::vector<double> self, total, own;
};

class Functions {
 public:
  std::uint32_t number_of(const StackFrame& frame) {
    const auto [at, added] = numbers_.emplace(frame, static_cast<std::uint32_t>(frames_.size()));
    if (added) {
      frames_.push_back(frame);
      serves_.push_back(serves_its_caller(frame));
    }
    return at->second;
  }
  bool serves(std::uint32_t number) const { return serves_[number]; }
  /// Of the kernel a user cannot change anything.
  bool is_named(std::uint32_t number) const {
    const FrameKind kind = frames_[number].kind;
    return kind == FrameKind::program || kind == FrameKind::library || kind == FrameKind::jit;
  }
  const std::vector<StackFrame>& frames() const { return frames_; }

 private:
  std::map<StackFrame, std::uint32_t> numbers_;
  std::vector<StackFrame> frames_;
  std::vector<bool> serves_;
};

// Who is asked about what the leaf did: the innermost frame that works for itself, else the
// innermost outside the kernel that has a name, else the leaf.
std::uint32_t owner_of(const Stack& stack, const Functions& functions) {
  for (auto at = stack.rbegin(); at != stack.rend(); ++at)
    if (!functions.serves(*at)) return *at;
  for (auto at = stack.rbegin(); at != stack.rend(); ++at)
    if (functions.is_named(*at)) return *at;
  return stack.back();
}

RunCost cost_of(const Stacks& stacks, Functions& functions) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < stacks.frames(); ++i)
    numbers.push_back(functions.number_of(stacks.frame(i)));
  RunCost cost;
  for (auto* sums : {&cost.self, &cost.total, &cost.own}) sums->resize(functions.frames().size());
  // In which stack a function was last seen: of a recursion it counts once.
  std::vector<std::size_t> seen(functions.frames().size(), 0);
  std::size_t current = 0;
  for (const auto& [stack, weight] : stacks.all()) {
    ++current;
    Stack mine;
    for (const std::uint32_t number : stack) mine.push_back(numbers[number]);
    cost.self[mine.back()] += weight;
    cost.own[owner_of(mine, functions)] += weight;
    for (const std::uint32_t each : mine) {
      if (seen[each] != current) cost.total[each] += weight;
      seen[each] = current;
    }
  }
  return cost;
}

double value_at(const std::vector<double>& values, std::size_t at) {
  return at < values.size() ? values[at] : 0;
}

FunctionCost mean_cost(const std::vector<RunCost>& runs, double total, std::size_t function) {
  FunctionCost mean;
  const auto count = static_cast<double>(runs.size());
  for (const RunCost& run : runs) {
    mean.self += value_at(run.self, function) / count;
    mean.total += value_at(run.total, function) / count;
    mean.own += value_at(run.own, function) / count;
  }
  mean.share = total > 0 ? mean.own / total : 0;
  return mean;
}

double mean_total(const std::vector<Stacks>& runs) {
  double sum = 0;
  for (const Stacks& run : runs) sum += run.total();
  return runs.empty() ? 0 : sum / static_cast<double>(runs.size());
}

// Weights without a sample behind them count as if their mean were a thousand: then the noise of
// counting is small, and what runs show of their own decides.
double unit_of(const Runs& runs) {
  constexpr double kEvents = 1'000;
  if (runs.sample > 0) return runs.sample;
  return std::max(mean_total(runs.base), mean_total(runs.head)) / kEvents;
}

}  // namespace

bool serves_its_caller(const StackFrame& frame) {
  switch (frame.kind) {
    case FrameKind::jit: return false;
    case FrameKind::program: return is_runtime_function(plain_function(frame.name));
    default: return true;
  }
}

std::vector<FunctionChange> compare_functions(const Runs& runs) {
  std::vector<FunctionChange> changes;
  if (runs.base.empty() || runs.head.empty()) return changes;
  Functions functions;
  std::vector<RunCost> base;
  std::vector<RunCost> head;
  for (const Stacks& run : runs.base) base.push_back(cost_of(run, functions));
  for (const Stacks& run : runs.head) head.push_back(cost_of(run, functions));
  const double base_total = mean_total(runs.base);
  const double head_total = mean_total(runs.head);
  const double unit = unit_of(runs);
  std::vector<stats::CountedSeries> series;
  for (std::size_t i = 0; i < functions.frames().size(); ++i) {
    if (functions.frames()[i].kind == FrameKind::process) continue;
    changes.push_back(
        {functions.frames()[i], mean_cost(base, base_total, i), mean_cost(head, head_total, i)});
    stats::CountedSeries& counts = series.emplace_back();
    const auto count_of = [&](const RunCost& run) {
      return unit > 0 ? value_at(run.own, i) / unit : 0.0;
    };
    for (const RunCost& run : base) counts.base.push_back(count_of(run));
    for (const RunCost& run : head) counts.head.push_back(count_of(run));
  }
  const std::vector<double> chances = stats::holm(stats::chances_of_growth(series));
  for (std::size_t i = 0; i < changes.size(); ++i) changes[i].confidence = 1 - chances[i];
  std::stable_sort(
      changes.begin(), changes.end(), [](const FunctionChange& a, const FunctionChange& b) {
        return a.growth() != b.growth() ? a.growth() > b.growth() : a.function < b.function;
      });
  return changes;
}

}  // namespace melisai::flame
