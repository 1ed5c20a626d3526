#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kMillisecond = 1e6;
constexpr std::string_view kArrow = " > ";

Result<void> add_task(const std::string& group, const json& task, ReadingsBuilder& builder) {
  const std::string name = joined(group, text_at(task, "name"), kArrow);
  const double count = number_at(task, "sampleCount").value_or(1);
  const auto n = count_from(count);
  std::optional<double> time = number_at(task, "median");
  if (!time) time = number_at(task, "mean");
  if (!time) time = number_at(task, "period");
  if (!time) {
    builder.fail(name, "it has no time; did it throw?");
    return {};
  }
  MELISAI_CHECK(builder.add_summary(name, wall_time(), *time * kMillisecond, n));
  const std::optional<double> rate = number_at(task, "hz");
  return rate ? builder.add_summary(name, throughput(), *rate, n) : Result<void>();
}

/// {"files": [{"groups": [{"fullName", "benchmarks": [TASK]}]}]} since 1.0, {"testResults": {GROUP:
/// [TASK]}} before.
Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  const Result<std::size_t> files = read_rows(
      input, limits, {},
      [&](const JsonRow& row) -> Result<void> {
        if (const json* const old = member(row.value, "testResults"); old != nullptr)
          for (const auto& [group, tasks] : old->items())
            for (const json& task : tasks) MELISAI_CHECK(add_task(group, task, builder));
        const json* const files_of = member(row.value, "files");
        if (files_of == nullptr || !files_of->is_array()) return {};
        for (const json& file : *files_of)
          if (const json* const groups = member(file, "groups"); groups != nullptr)
            for (const json& group : *groups)
              if (const json* const tasks = member(group, "benchmarks"); tasks != nullptr)
                for (const json& task : *tasks)
                  MELISAI_CHECK(add_task(text_at(group, "fullName"), task, builder));
        return {};
      },
      "samples");
  return files ? Result<void>() : Result<void>(files.error());
}

/// The table of the default reporter: a heading of the group, a row of column names, a row for each
/// benchmark.
class Table {
 public:
  explicit Table(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 heading(
        R"(\s*(?:✓|❯|×|↓|✗)\s+(?:\|.*?\|\s+)?(.*?)(?:\s+\d+(?:\.\d+)?m?s)?\s*)");
    static const RE2 row(R"(\s*·\s+(.*?)\s\s+([0-9.,]+\s.*))");
    std::string text, name;
    if (RE2::FullMatch(line, heading, &text)) open(line.find_first_not_of(' '), text);
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() > 3 && words[0] == "name" && words[1] == "hz")
      columns_.assign(words.begin() + 1, words.end());
    if (columns_.empty() || !RE2::FullMatch(line, row, &name, &text)) return {};
    name = joined(group_name(), name, kArrow);
    const std::vector<std::string_view> values = words_of(text);
    const auto hz = std::find(columns_.begin(), columns_.end(), "hz") - columns_.begin();
    if (hz >= std::ssize(values)) return {};
    const std::optional<double> rate =
        loose_number_from(values[static_cast<std::size_t>(hz)], true);
    if (!rate || *rate == 0) return {};
    MELISAI_CHECK(builder_.add_summary(name, throughput(), *rate));
    // The mean stands there too, in ms with four decimals; the rate has more digits.
    return builder_.add_summary(name, wall_time(), 1e9 / *rate);
  }

 private:
  struct Group {
    std::size_t indent;
    std::string name;
  };

  /// "a.bench.ts > sort"; up to version 1 a tree: "a.bench.ts (2)", below it "sort (2)", with how
  /// much is in each.
  void open(std::size_t indent, std::string name) {
    static const RE2 file(R"(\S+\.[cm]?[jt]sx? \(\d+\))");
    static const RE2 count(R"( \(\d+\)$)");
    while (!groups_.empty() && groups_.back().indent >= indent) groups_.pop_back();
    if (groups_.empty()) is_tree_ = RE2::FullMatch(name, file);
    if (is_tree_) RE2::Replace(&name, count, "");
    groups_.push_back({indent, std::move(name)});
  }
  std::string group_name() const {
    std::string all;
    for (const Group& group : groups_) all = joined(all, group.name, kArrow);
    return all;
  }

  ReadingsBuilder& builder_;
  std::vector<Group> groups_;
  bool is_tree_ = false;
  std::vector<std::string> columns_;
};

bool is_table(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    const std::vector<std::string_view> words = words_of(line);
    return words.size() > 6 && words[0] == "name" && words[1] == "hz" && words[2] == "min" &&
           words.back() == "samples";
  });
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::text) return is_table(probe);
  return probe.has("files[].groups") || (probe.has("testResults") && probe.has("*.*[].hz"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (Probe(head, input.source()).kind() == Probe::Kind::json)
    return parse_json(input, limits, builder);
  Table table(builder);
  return each_line(input, limits, [&](std::string_view line) { return table.take(line); });
}

}  // namespace

extern const Format kVitest;
const Format kVitest{
    .info = {.name = "vitest",
             .tool = "Vitest bench",
             .made_by = "vitest bench --run --outputJson=FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
