#include <algorithm>
#include <map>

#include "core/measure/formats/cells.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

std::string name_of(std::string_view benchmark, std::string_view subject, std::string_view set) {
  std::string name = std::string(benchmark) + "::" + std::string(subject);
  if (!set.empty() && set != "0") name += "#" + std::string(set);
  return name;
}

/// A report of `phpbench run --report=...`: its columns by their names. "mode" is the estimate that
/// the tool itself compares.
class Table {
 public:
  explicit Table(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    const std::vector<std::string_view> cells = cells_of(line);
    if (std::find(cells.begin(), cells.end(), "subject") != cells.end()) {
      columns_.assign(cells.begin(), cells.end());
      return {};
    }
    if (columns_.empty() || cells.size() != columns_.size()) return {};
    std::map<std::string, std::string_view, std::less<>> row;
    for (std::size_t i = 0; i < cells.size(); ++i) row[columns_[i]] = cells[i];
    const std::string name = name_of(row["benchmark"], row["subject"], row["set"]);
    const double rounds = number_from(row["its"]).value_or(1);
    const auto n = count_from(rounds);
    for (const std::string_view column : {"mode", "mean", "time_avg"}) {
      const std::optional<Quantity> time = quantity_from(row[std::string(column)]);
      if (!time || time->unit.canonical != "ns") continue;
      MELISAI_CHECK(builder_.add_summary(name, wall_time(), time->value, n));
      break;
    }
    const std::optional<Quantity> memory = quantity_from(row["mem_peak"]);
    return memory && memory->unit.canonical == "B"
               ? builder_.add_summary(name, near_exact("mem_peak", "B"), memory->value, n)
               : Result<void>();
  }

 private:
  ReadingsBuilder& builder_;
  std::vector<std::string> columns_;
};

/// --dump-file: every iteration; "time-avg" is the time of one revolution in us.
class Handler final : public XmlHandler {
 public:
  explicit Handler(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    const auto text = [&](std::string_view name) {
      const auto found = attributes.find(name);
      return found == attributes.end() ? std::string() : found->second;
    };
    if (element == "benchmark") {
      benchmark_ = text("class");
      if (benchmark_.starts_with('\\')) benchmark_.erase(0, 1);
    }
    if (element == "subject") subject_ = text("name");
    if (element == "variant") set_.clear();
    if (element == "parameter-set") set_ = text("name");
    if (element == "error")
      builder_.fail(name_of(benchmark_, subject_, set_), "it threw " + text("exception-class"));
    if (element != "iteration") return {};
    const std::string name = name_of(benchmark_, subject_, set_);
    const std::string time = text("time-avg");
    if (time.empty()) return {};
    const std::optional<double> microseconds = number_from(time);
    if (!microseconds) return Error{Errc::parse, "time-avg '" + time + "' is no number"};
    MELISAI_CHECK(builder_.add(name, wall_time(), *microseconds * 1e3));
    const std::optional<double> memory = number_from(text("mem-peak"));
    return memory ? builder_.add(name, near_exact("mem_peak", "B"), *memory) : Result<void>();
  }
  Result<void> end(const std::string&, const std::string&) override { return {}; }

 private:
  ReadingsBuilder& builder_;
  std::string benchmark_, subject_, set_;
};

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::xml) return probe.root() == "phpbench";
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    const std::vector<std::string_view> cells = cells_of(line);
    const auto has = [&](std::string_view cell) {
      return std::find(cells.begin(), cells.end(), cell) != cells.end();
    };
    return has("subject") && (has("mode") || has("mean") || has("time_avg")) &&
           (has("its") || has("revs"));
  });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (Probe(head, input.source()).kind() == Probe::Kind::xml) {
    Handler handler(builder);
    return read_xml(input, limits, handler);
  }
  Table table(builder);
  return each_line(input, limits, [&](std::string_view line) { return table.take(line); });
}

}  // namespace

extern const Format kPhpbench;
const Format kPhpbench{
    .info = {.name = "phpbench", .tool = "PHPBench", .made_by = "phpbench run --dump-file=FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
