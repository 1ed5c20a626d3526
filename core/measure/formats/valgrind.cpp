#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kNameless = "command";

/// What the simulator counts repeats exactly for instructions; caches depend on addresses.
Metric metric_of(std::string_view event) {
  if (event == "Ir" || event == "I refs" || event == "I   refs") return exact_count("instructions");
  return near_exact(snake_case(event), "count");
}

/// Standard error of a tool: "==PID== ...", of several processes in any order.
class Messages {
 public:
  explicit Messages(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 shape(R"(==(\d+)==\s+(.*?)\s*)");
    static const RE2 counter(
        R"(([A-Z][A-Za-z0-9]*(?:\s+(?:refs|misses))?):\s+([0-9,.]+)(?:\s+\(.*)?)");
    static const RE2 heap(
        R"(total heap usage: ([0-9,.]+) allocs, [0-9,.]+ frees, ([0-9,.]+) bytes allocated)");
    static const RE2 dhat(R"(Total:\s+([0-9,.]+) bytes in ([0-9,.]+) blocks)");
    static const RE2 peak(R"(At t-gmax:\s+([0-9,.]+) bytes in [0-9,.]+ blocks)");
    std::string pid, text, label, first, second;
    if (!RE2::FullMatch(line, shape, &pid, &text)) return {};
    if (text.starts_with("Command: ")) names_[pid] = text.substr(9);
    const auto known = names_.find(pid);
    const std::string name = known == names_.end() ? std::string(kNameless) : known->second;
    if (text.starts_with("Process terminating with default action of signal"))
      builder_.fail(name, text);
    if (RE2::FullMatch(text, heap, &first, &second) ||
        RE2::FullMatch(text, dhat, &second, &first)) {
      MELISAI_CHECK(add(name, exact_count("allocations"), first));
      return add(name, near_exact("allocated_bytes", "B"), second);
    }
    if (RE2::FullMatch(text, peak, &first)) return add(name, near_exact("peak_heap", "B"), first);
    if (!RE2::FullMatch(text, counter, &label, &first)) return {};
    const bool is_counter = label.ends_with("refs") || label.ends_with("misses") ||
                            label == "Branches" || label == "Mispredicts";
    return is_counter ? add(name, metric_of(label), first) : Result<void>();
  }

 private:
  Result<void> add(const std::string& name, const Metric& metric, std::string_view text) {
    const std::optional<double> value = loose_number_from(text, true);
    if (!value) return Error{Errc::parse, "'" + std::string(text) + "' is no number"};
    return builder_.add(name, metric, *value);
  }

  ReadingsBuilder& builder_;
  std::map<std::string, std::string> names_;  ///< command of a process
};

/// callgrind.out and cachegrind.out: the sum of what was dumped; massif.out: its highest snapshot.
class Profile {
 public:
  Result<void> take(std::string_view line) {
    const auto after = [&](std::string_view key) {
      return line.starts_with(key) ? std::optional(trimmed(line.substr(key.size()))) : std::nullopt;
    };
    if (const auto command = after("cmd:")) command_ = *command;
    if (const auto events = after("events:")) {
      events_.clear();
      for (const std::string_view event : words_of(*events)) events_.emplace_back(event);
    }
    if (const auto sums = after("summary:")) return add(*sums, summary_);
    if (const auto sums = after("totals:")) return add(*sums, totals_);
    if (const auto bytes = after("mem_heap_B=")) {
      const std::optional<double> value = number_from(*bytes);
      if (!value) return Error{Errc::parse, "mem_heap_B is no number"};
      heap_ = std::max(heap_.value_or(0), *value);
    }
    return {};
  }

  Result<void> finish(ReadingsBuilder& builder) const {
    const std::string name = command_.empty() ? std::string(kNameless) : command_;
    for (const auto& [event, sum] : totals_.empty() ? summary_ : totals_)
      MELISAI_CHECK(builder.add(name, metric_of(event), sum));
    if (heap_) MELISAI_CHECK(builder.add(name, near_exact("peak_heap", "B"), *heap_));
    return {};
  }

 private:
  using Sums = std::map<std::string, double>;

  Result<void> add(std::string_view text, Sums& sums) const {
    const std::vector<std::string_view> values = words_of(text);
    if (values.size() > events_.size())
      return Error{Errc::parse, "there are more sums than events"};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::optional<double> value = number_from(values[i]);
      if (!value) return Error{Errc::parse, "a sum is no number"};
      sums[events_[i]] += *value;
    }
    return {};
  }

  std::string command_;
  std::vector<std::string> events_;
  Sums summary_, totals_;
  std::optional<double> heap_;
};

bool is_profile(const Probe& probe) {
  return probe.has_line_starting("cmd:") &&
         (probe.has_line_starting("events:") || probe.has_line_starting("mem_heap_B="));
}

bool looks_like(const Probe& probe) {
  static const RE2 message(
      R"(==\d+== (?:I\s+refs:|Command: |  total heap usage: |Using Valgrind).*)");
  return is_profile(probe) ||
         std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
           return line.starts_with("==") && RE2::FullMatch(line, message);
         });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_profile(Probe(head, input.source()))) {
    Profile profile;
    MELISAI_CHECK(
        each_line(input, limits, [&](std::string_view line) { return profile.take(line); }));
    return profile.finish(builder);
  }
  Messages messages(builder);
  return each_line(input, limits, [&](std::string_view line) { return messages.take(line); });
}

}  // namespace

extern const Format kValgrind;
const Format kValgrind{
    .info = {.name = "valgrind",
             .tool = "Valgrind",
             .made_by = "valgrind --tool=callgrind --callgrind-out-file=FILE ./bench"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
