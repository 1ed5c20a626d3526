#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_reader.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

Metric allocations() { return exact_count("allocations"); }
Metric allocated_bytes() { return near_exact("allocated_bytes", "B"); }

/// BenchmarkTools.save(): [VERSIONS, [["BenchmarkGroup", {"data": {NAME: [TYPE, {...}]}}]]], groups
/// within groups. Its own handler, because one trial holds ten thousand times.
class Handler final : public JsonHandler {
 public:
  explicit Handler(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin_object() override { return begin(false); }
  Result<void> begin_array() override { return begin(true); }
  Result<void> end() override {
    levels_.pop_back();
    return {};
  }
  Result<void> key(std::string& name) override {
    levels_.back().key = name;
    return {};
  }
  Result<void> string(std::string& text) override {
    if (levels_.empty() || !levels_.back().is_array || !levels_.back().type.empty()) return {};
    // Versions before 1.0 say where their types are from.
    constexpr std::string_view kPackage = "BenchmarkTools.";
    levels_.back().type = text.starts_with(kPackage) ? text.substr(kPackage.size()) : text;
    return {};
  }
  Result<void> number(double value) override;
  Result<void> boolean(bool) override { return {}; }
  Result<void> null() override { return {}; }

 private:
  struct Level {
    bool is_array = false;
    std::string type;  ///< of an array: its first text
    std::string key;   ///< of an object: the current one
  };

  Result<void> begin(bool is_array) {
    levels_.push_back({.is_array = is_array, .type = {}, .key = {}});
    return {};
  }
  const Level* above(std::size_t count) const {
    return levels_.size() > count ? &levels_[levels_.size() - 1 - count] : nullptr;
  }
  /// The keys of the "data" objects on the way; alone, a trial has none.
  std::string name() const {
    std::string name;
    for (std::size_t i = 1; i < levels_.size(); ++i)
      if (!levels_[i].is_array && !levels_[i - 1].is_array && levels_[i - 1].key == "data")
        name = joined(name, levels_[i].key, "/");
    return name.empty() ? "trial" : name;
  }

  ReadingsBuilder& builder_;
  std::vector<Level> levels_;
};

Result<void> Handler::number(double value) {
  const Level* const here = above(0);
  if (here != nullptr && here->is_array) {
    const Level* const object = above(1);
    const Level* const typed = above(2);
    const bool is_time = object != nullptr && !object->is_array && object->key == "times" &&
                         typed != nullptr && typed->type == "Trial";
    return is_time ? builder_.add(name(), wall_time(), value) : Result<void>();
  }
  const Level* const typed = above(1);
  if (here == nullptr || typed == nullptr || !typed->is_array) return {};
  const bool is_estimate = typed->type == "TrialEstimate";
  if (typed->type != "Trial" && !is_estimate) return {};
  if (here->key == "allocs") return builder_.add_summary(name(), allocations(), value);
  if (here->key == "memory") return builder_.add_summary(name(), allocated_bytes(), value);
  if (here->key == "time" && is_estimate) return builder_.add_summary(name(), wall_time(), value);
  return {};
}

/// Of a trial that versions before 1.0 print, and of an estimate: one figure of a trial.
const RE2& fields_head() {
  static const RE2 pattern(R"(.*BenchmarkTools\.Trial(?:Estimate)?:\s*)");
  return pattern;
}

/// What a session prints: "name: Trial(2.1 ms)", groups, @benchmark and @btime.
class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 named(R"re(\s*"?(.+?)"?(?::| =>) Trial(?:Estimate)?\((.+?)\))re");
    static const RE2 group(R"re(\s*"(.+?)" => .*BenchmarkGroup.*)re");
    static const RE2 samples(R"(.*BenchmarkTools\.Trial: (\d+) samples? with .*)");
    static const RE2 median(R"(\s*Time\s+\(median\):\s+(\S+ \S+)\s.*)");
    // Of a single sample.
    static const RE2 only(R"(\s*Single result which took (\S+ \S+)\s.*)");
    static const RE2 only_memory(
        R"(\s*with a memory estimate of (.+?), over (\d+) allocations?\.?)");
    static const RE2 memory(R"(\s*Memory estimate: (.+?), allocs estimate: (\d+)\.?)");
    static const RE2 named_field(
        R"(\s+(\w+ estimate|median time|samples|time|memory|allocs):\s+(\S+(?: [^\s(]+)?).*)");
    static const RE2 btime(R"(\s+(\S+ \S+) \((\d+) allocations?: (.+)\))");
    std::string name, time, bytes, count;
    if (RE2::FullMatch(line, group, &name)) return open_group(line, name);
    if (RE2::FullMatch(line, named, &name, &time))
      return add(full_name(line, name), wall_time(), time, 1);
    if (RE2::FullMatch(line, samples, &count)) {
      n_ = count_from(number_from(count).value_or(1));
      name_ = "trial " + std::to_string(++trials_);
    }
    if (RE2::FullMatch(line, fields_head())) {
      has_fields_ = true;
      name_ = "trial " + std::to_string(++trials_);
    }
    if (has_fields_ && RE2::FullMatch(line, named_field, &name, &time))
      return take_field(name, time);
    if (RE2::FullMatch(line, median, &time)) return add(name_, wall_time(), time, n_);
    if (RE2::FullMatch(line, only, &time)) return add(name_, wall_time(), time, n_);
    if (RE2::FullMatch(line, memory, &bytes, &count) ||
        RE2::FullMatch(line, only_memory, &bytes, &count))
      return add_memory(name_, count, bytes);
    if (!RE2::FullMatch(line, btime, &time, &count, &bytes)) return {};
    name_ = "trial " + std::to_string(++trials_);
    MELISAI_CHECK(add(name_, wall_time(), time, 1));
    return add_memory(name_, count, bytes);
  }

 private:
  struct Group {
    std::size_t indent;
    std::string name;
  };

  /// A line of an estimate, or of a trial as versions before 1.0 print it; of that, how many
  /// samples there were comes last.
  Result<void> take_field(const std::string& field, const std::string& text) {
    if (field.starts_with("memory")) return add(name_, allocated_bytes(), text, 1);
    if (field.starts_with("allocs"))
      return builder_.add_summary(name_, allocations(), number_from(text).value_or(-1));
    if (field == "time") return add(name_, wall_time(), text, 1);
    if (field == "median time") {
      median_ = text;
      return {};
    }
    has_fields_ = false;
    return add(name_, wall_time(), median_, count_from(number_from(text).value_or(1)));
  }
  Result<void> open_group(std::string_view line, const std::string& name) {
    close_groups(line);
    groups_.push_back({indent_of(line), name});
    return {};
  }
  static std::size_t indent_of(std::string_view line) {
    constexpr std::size_t kTab = 8;
    std::size_t indent = 0;
    for (const char c : line) {
      if (c != ' ' && c != '\t') break;
      indent += c == '\t' ? kTab : 1;
    }
    return indent;
  }
  void close_groups(std::string_view line) {
    const std::size_t indent = indent_of(line);
    while (!groups_.empty() && groups_.back().indent >= indent) groups_.pop_back();
  }
  std::string full_name(std::string_view line, const std::string& name) {
    close_groups(line);
    std::string full;
    for (const Group& group : groups_) full = joined(full, group.name, "/");
    return joined(full, name, "/");
  }
  Result<void> add(const std::string& name, const Metric& metric, const std::string& text,
                   std::uint64_t n) {
    const std::optional<Quantity> quantity = quantity_from(text);
    if (!quantity || quantity->unit.canonical != metric.unit)
      return Error{Errc::parse, "'" + text + "' is not in a unit of " + metric.unit};
    return builder_.add_summary(name, metric, quantity->value, n);
  }
  Result<void> add_memory(const std::string& name, const std::string& count,
                          const std::string& bytes) {
    MELISAI_CHECK(builder_.add_summary(name, allocations(), number_from(count).value_or(-1)));
    return add(name, allocated_bytes(), bytes, 1);
  }

  ReadingsBuilder& builder_;
  std::vector<Group> groups_;
  std::string name_;
  std::uint64_t n_ = 1;
  int trials_ = 0;
  bool has_fields_ = false;  ///< the lines name what they hold
  std::string median_;       ///< of it
};

bool is_json(const Probe& probe) {
  return probe.kind() == Probe::Kind::json && probe.has("[].BenchmarkTools");
}

bool looks_like(const Probe& probe) {
  static const RE2 trial(R"(.*(?::| =>) Trial(?:Estimate)?\([0-9.]+ \S+\)|)"
                         R"(.*BenchmarkTools\.Trial: \d+ samples? with .*|)"
                         R"(\s+[0-9.]+ \S+ \(\d+ allocations?: [0-9.]+ \S+\))");
  return is_json(probe) ||
         (probe.kind() == Probe::Kind::text &&
          std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
            return line.size() < 1'000 &&
                   (RE2::FullMatch(line, trial) || RE2::FullMatch(line, fields_head()));
          }));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_json(Probe(head, input.source()))) {
    Handler handler(builder);
    return read_json(input, limits, handler);
  }
  Text text(builder);
  return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
}

}  // namespace

extern const Format kJulia;
const Format kJulia{
    .info = {.name = "julia",
             .tool = "BenchmarkTools.jl",
             .made_by = "BenchmarkTools.save(\"FILE.json\", run(suite))"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
