#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kPrefix = "Benchmark";
constexpr std::size_t kSettingsMax = 100;  ///< of one stream; more of them are no settings

using Measures = std::vector<std::pair<double, std::string_view>>;  ///< value, unit

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_benchmark(std::string_view word) {
  if (!word.starts_with(kPrefix)) return false;
  return word.size() == kPrefix.size() || !is_lower(word[kPrefix.size()]);
}

bool is_count(std::string_view word) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  return error == std::errc() && end == word.data() + word.size();
}

/// "1000  33.01 ns/op  12 p99-ns": iterations, then values with units. Empty when it is not.
Measures measures_in(const std::vector<std::string_view>& words, std::size_t at) {
  Measures all;
  if (words.size() < at + 3 || (words.size() - at) % 2 == 0 || !is_count(words[at])) return all;
  for (std::size_t i = at + 1; i + 1 < words.size(); i += 2) {
    const std::optional<double> value = number_from(words[i]);
    if (!value) return {};
    all.emplace_back(*value, words[i + 1]);
  }
  return all;
}

/// The end of "p99-ns" tells the unit, as golang.org/x/perf/benchfmt has it.
Unit unit_of(std::string_view text) {
  const std::size_t dash = text.rfind('-');
  if (const auto unit = unit_from(text)) return *unit;
  if (dash != std::string_view::npos)
    if (const auto unit = unit_from(text.substr(dash + 1))) return *unit;
  return {1, "count", Better::unknown};
}

/// benchstat's own tables, of any version, and its CSV.
bool is_benchstat(std::string_view line) {
  if (line.find("│") != std::string_view::npos)
    return line.find("vs base") != std::string_view::npos ||
           line.find("sec/op") != std::string_view::npos;
  if (line.starts_with(',')) return line.find("/op,CI") != std::string_view::npos;
  return line.starts_with("name ") && line.ends_with("delta");
}

/// One output of `go test`, or of one package in a stream of several.
class Stream {
 public:
  Stream(ReadingsBuilder& builder, std::map<std::string, Better, std::less<>>& directions)
      : builder_(builder), directions_(directions) {}

  void set_package(std::string_view package) { package_ = package; }
  Result<void> line(std::string_view line);

 private:
  Result<void> add(std::string_view name, const Measures& measures);
  Result<void> add(const std::string& benchmark, double value, std::string_view unit);
  void take_setting(std::string_view key, std::string_view value);
  void take_unit(const std::vector<std::string_view>& words);
  void take_end(std::string_view line);
  void take_other(std::string_view line, const std::vector<std::string_view>& words);
  std::string full_name(std::string_view name) const {
    return joined(package_, name, "/") + suffix_;
  }

  ReadingsBuilder& builder_;
  std::map<std::string, Better, std::less<>>& directions_;  ///< of units, as "Unit" lines say
  std::string package_;
  std::string begun_;  ///< printed name of a benchmark that has no result yet
  std::map<std::string, std::string, std::less<>> first_;    ///< settings, as first seen
  std::map<std::string, std::string, std::less<>> changed_;  ///< those that differ from it now
  std::string suffix_;                                       ///< what changed_ adds to a name
  bool may_be_setting_ = true;
  bool has_results_ = false;
};

Result<void> Stream::add(const std::string& benchmark, double value, std::string_view unit) {
  if (unit == "ns/op") return builder_.add(benchmark, wall_time(), value);
  if (unit == "B/op") return builder_.add(benchmark, near_exact("allocated_bytes", "B"), value);
  if (unit == "allocs/op") return builder_.add(benchmark, exact_count("allocations"), value);
  const Unit known = unit_of(unit);
  if (unit == "MB/s") return builder_.add(benchmark, throughput("B/s"), value * known.factor);
  const auto said = directions_.find(unit);
  const Better better = said == directions_.end() ? known.better : said->second;
  const std::string name = snake_case(unit);
  return builder_.add(benchmark, shown(name.empty() ? "value" : name, known.canonical, better),
                      value * known.factor);
}

Result<void> Stream::add(std::string_view name, const Measures& measures) {
  const std::string benchmark = full_name(name);
  for (const auto& [value, unit] : measures) MELISAI_CHECK(add(benchmark, value, unit));
  begun_.clear();
  has_results_ = true;
  return {};
}

/// "note: after" between results makes them another configuration of the benchmarks before it. What
/// describes the machine does not, and neither does what was so from the start.
void Stream::take_setting(std::string_view key, std::string_view value) {
  if (key == "pkg") return set_package(value);
  if (!may_be_setting_ || key == "goos" || key == "goarch" || key == "cpu" ||
      first_.size() == kSettingsMax)
    return;
  const auto [first, is_new] =
      first_.try_emplace(std::string(key), has_results_ ? std::string_view() : value);
  if (first->second == value)
    changed_.erase(first->first);
  else
    changed_[first->first] = value;
  suffix_.clear();
  for (const auto& [name, now] : changed_) suffix_ += " " + name + ":" + now;
}

/// "Unit ns/op better=lower assume=exact"
void Stream::take_unit(const std::vector<std::string_view>& words) {
  for (std::size_t i = 2; i < words.size() && directions_.size() < kSettingsMax; ++i) {
    if (words[i] == "better=higher") directions_[std::string(words[1])] = Better::higher;
    if (words[i] == "better=lower") directions_[std::string(words[1])] = Better::lower;
  }
}

/// How a benchmark ends without a result; what is said of it may follow its name on the line.
void Stream::take_end(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() >= 3 && words[0] == "---" && is_benchmark(words[2])) {
    if (words[1] == "FAIL:") builder_.fail(full_name(words[2]), "go test reported a failure");
    begun_.clear();
    return;
  }
  for (const std::string_view end : {"panic: ", "fatal error: ", "FAIL"}) {
    if (!line.starts_with(end) || begun_.empty()) continue;
    builder_.fail(full_name(begun_), "it ended with: " + std::string(line));
    begun_.clear();
  }
}

/// What is no result.
void Stream::take_other(std::string_view line, const std::vector<std::string_view>& words) {
  take_end(line);
  const std::string_view key = words[0].substr(0, words[0].size() - 1);
  const bool is_setting = is_lower(line.front()) && words[0].ends_with(':') && key != "go";
  if (is_setting) take_setting(key, trimmed(line.substr(words[0].size())));
  if (words[0] == "Unit" && words.size() > 2) take_unit(words);
  if (words[0] == "ok") package_.clear();
  may_be_setting_ = words[0] == "ok" || (is_setting && may_be_setting_);
}

Result<void> Stream::line(std::string_view line) {
  const auto words = words_of(line);
  if (words.empty()) {
    may_be_setting_ = true;
    return {};
  }
  if (!is_benchmark(line)) {
    // What the benchmark itself printed may stand between its name and its result.
    if (!begun_.empty() && line.starts_with(' '))
      if (const Measures measures = measures_in(words, 0); !measures.empty())
        return add(begun_, measures);
    take_other(line, words);
    return {};
  }
  may_be_setting_ = false;
  if (const Measures measures = measures_in(words, 1); !measures.empty())
    return add(words[0], measures);
  begun_ = words[0];
  take_end(trimmed(line.substr(words[0].size())));
  return {};
}

class Reader {
 public:
  Reader(Lines& lines, const Limits& limits, ReadingsBuilder& builder)
      : lines_(lines), limits_(limits), builder_(builder), plain_(builder, directions_) {}

  Result<void> line(std::string_view text) {
    if (is_benchstat(text))
      return lines_.wrong(
          "this is what benchstat prints, a comparison; give the files that it compared");
    if (text.starts_with("{\"") && text.find("\"Action\":") != std::string_view::npos)
      return event(text);
    return plain_.line(text);
  }

 private:
  struct Events {
    Stream stream;
    std::string cut;  ///< a line whose end has not come
  };

  Result<void> event(std::string_view text);
  Result<void> output(Events& events, std::string_view text);

  Lines& lines_;
  const Limits& limits_;
  ReadingsBuilder& builder_;
  std::map<std::string, Better, std::less<>> directions_;
  Stream plain_;
  std::map<std::string, Events, std::less<>> packages_;
};

/// A line of `go test -json`; a line of the output may come in parts.
Result<void> Reader::event(std::string_view text) {
  std::string package, printed;
  const auto take = [&](const JsonRow& row) -> Result<void> {
    package = text_at(row.value, "Package");
    if (text_at(row.value, "Action") == "output") printed = text_at(row.value, "Output");
    return {};
  };
  Input input(text, "event");
  if (const auto read = read_rows(input, limits_, {}, take); !read)
    return lines_.wrong("an event of `go test -json` is not complete: " + read.error().message);
  auto found = packages_.find(package);
  if (found == packages_.end()) {
    if (packages_.size() == limits_.readings_max)
      return Error{Errc::limit, "more than " + std::to_string(limits_.readings_max) + " packages"};
    found = packages_.emplace(package, Events{Stream(builder_, directions_), {}}).first;
  }
  found->second.stream.set_package(package);
  return output(found->second, printed);
}

Result<void> Reader::output(Events& events, std::string_view text) {
  std::string buffer;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    events.cut += text.substr(0, end);
    if (events.cut.size() > limits_.line_bytes_max)
      return Error{
          Errc::limit,
          lines_.wrong("the line is longer than " + format_bytes(limits_.line_bytes_max)).message};
    if (end == std::string_view::npos) return {};
    MELISAI_CHECK(events.stream.line(cleaned(events.cut, buffer)));
    events.cut.clear();
    text.remove_prefix(end + 1);
  }
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  Reader reader(lines, limits, builder);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    MELISAI_CHECK(reader.line(*line));
  }
}

bool is_event(std::string_view line) {
  return line.starts_with("{\"") && line.find("\"Action\":\"output\"") != std::string_view::npos &&
         line.find("\"Output\":\"Benchmark") != std::string_view::npos;
}

bool is_ours(const std::string& line) {
  if (is_event(line) || is_benchstat(line) || line.starts_with("--- FAIL: Benchmark")) return true;
  if (is_benchmark(line)) return !measures_in(words_of(line), 1).empty();
  // The result of a benchmark that prints text stands on a line of its own.
  if (!line.starts_with(' ')) return false;
  const auto words = words_of(line);
  return words.size() > 2 && words[2] == "ns/op" && !measures_in(words, 0).empty();
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), is_ours);
}

/// "pkg/BenchmarkA/x-8 note:after" -> "^BenchmarkA$/^x(-8)?$". The number of processors at the end
/// is not part of what go matches, but a name may end so by itself.
std::string pattern_of(std::string_view name) {
  name = name.substr(0, name.find(' '));
  if (!is_benchmark(name))
    if (const std::size_t start = name.find("/Benchmark"); start != std::string_view::npos)
      name.remove_prefix(start + 1);
  std::string processors;
  const std::size_t dash = name.rfind('-');
  if (dash != std::string_view::npos && is_count(name.substr(dash + 1))) {
    processors = "(" + std::string(name.substr(dash)) + ")?";
    name = name.substr(0, dash);
  }
  std::string pattern;
  while (true) {
    const std::size_t slash = name.find('/');
    std::string level = exact_names_regex({std::string(name.substr(0, slash))});
    if (slash == std::string_view::npos) level.insert(level.size() - 1, processors);
    pattern += level;
    if (slash == std::string_view::npos) return pattern;
    pattern += '/';
    name.remove_prefix(slash + 1);
  }
}

std::string filter(const std::vector<std::string>& names) {
  std::string patterns;
  for (const std::string& name : names)
    patterns += (patterns.empty() ? "" : "|") + pattern_of(name);
  return patterns;
}

}  // namespace

extern const Format kGo;
const Format kGo{
    .info = {.name = "go", .tool = "Go", .made_by = "go test -run '^$' -bench . -benchmem > FILE"},
    .looks_like = looks_like,
    .parse = parse,
    .filter_template = "-bench={regex}",
    .filter = filter,
};

}  // namespace melisai::formats
