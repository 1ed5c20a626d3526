#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_lines.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// A report does not name its target; a heading before it may.
constexpr std::string_view kName = "attack";

/// Failures may be fast, and no improvement.
Result<void> add_success(std::string_view name, double share, ReadingsBuilder& builder) {
  if (share == 0) builder.fail(name, "no request succeeded");
  return builder.add_summary(name, shown("success", "ratio", Better::higher), share);
}

Result<void> add_report(const json& report, ReadingsBuilder& builder) {
  const json* const latencies = member(report, "latencies");
  const std::uint64_t n = count_from(number_at(report, "requests").value_or(1));
  if (latencies != nullptr)
    for (const auto& [key, value] : latencies->items()) {
      if (!value.is_number()) continue;
      if (key == "mean")
        MELISAI_CHECK(builder.add_summary(kName, latency(), value.get<double>(), n));
      if (key.ends_with("th"))
        MELISAI_CHECK(builder.add_summary(kName, latency_percentile(key.substr(0, key.size() - 2)),
                                          value.get<double>()));
    }
  if (const auto rate = number_at(report, "throughput"))
    MELISAI_CHECK(builder.add_summary(kName, throughput(), *rate, n));
  const auto success = number_at(report, "success");
  return success ? add_success(kName, *success, builder) : Result<void>();
}

/// `vegeta encode`: one request per line.
Result<void> add_hit(const json& hit, ReadingsBuilder& builder) {
  const std::optional<double> time = number_at(hit, "latency");
  if (!time) return {};
  const std::string attack = text_at(hit, "attack");
  const std::string target = joined(text_at(hit, "method"), text_at(hit, "url"), " ");
  const std::string name = joined(attack, target, "/");
  return builder.add(name.empty() ? kName : name, latency(), *time);
}

/// "Latencies     [min, mean, 50, ...]  161.683us, 229.296us, ...": names, then their values.
class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 row(R"((Requests|Latencies|Success)\s+\[(.*?)\]\s+(.*))");
    if (line.starts_with("Bucket "))
      return Error{Errc::parse,
                   "a histogram holds no latency; write `vegeta report -type=json` instead"};
    std::string what, names, values;
    if (const auto title = heading_of(line)) {
      name_ = title->empty() ? kName : *title;
      return {};
    }
    if (!RE2::FullMatch(line, row, &what, &names, &values)) return {};
    if (what == "Success") {
      const std::optional<Quantity> share = quantity_from(values);
      return share ? add_success(name_, share->value, builder_) : Result<void>();
    }
    for (std::size_t from = 0, to = 0; from < names.size() && to < values.size();) {
      const std::size_t name_end = std::min(names.find(", ", from), names.size());
      const std::size_t value_end = std::min(values.find(", ", to), values.size());
      MELISAI_CHECK(add(what, names.substr(from, name_end - from),
                        std::string_view(values).substr(to, value_end - to)));
      from = name_end + 2;
      to = value_end + 2;
    }
    return {};
  }

 private:
  Result<void> add(const std::string& what, const std::string& name, std::string_view text) {
    if (what == "Requests") {
      const std::optional<double> value = number_from(text);
      if (!value) return Error{Errc::parse, "'" + std::string(text) + "' is no number"};
      if (name == "total") n_ = count_from(*value);
      return name == "throughput" ? builder_.add_summary(name_, throughput(), *value, n_)
                                  : Result<void>();
    }
    const std::optional<double> time = duration_from(text);
    if (!time) return Error{Errc::parse, "'" + std::string(text) + "' is no duration"};
    if (name == "mean") return builder_.add_summary(name_, latency(), *time, n_);
    return number_from(name) ? builder_.add_summary(name_, latency_percentile(name), *time)
                             : Result<void>();
  }

  ReadingsBuilder& builder_;
  std::string name_{kName};
  std::uint64_t n_ = 1;
};

bool is_report(const Probe& probe) { return probe.has("latencies.mean") && probe.has("bytes_in"); }
bool is_hits(const Probe& probe) {
  return probe.has("latency") && probe.has("seq") && probe.has("bytes_out");
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json) return is_report(probe) || is_hits(probe);
  return probe.has_line_starting("Latencies     [") ||
         (probe.has_line_starting("Bucket ") && probe.has_line_with("Histogram"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() == Probe::Kind::json) {
    const auto rows =
        is_hits(probe)
            ? read_json_lines(input, limits, [&](const json& row) { return add_hit(row, builder); })
            : read_rows(input, limits, {},
                        [&](const JsonRow& row) { return add_report(row.value, builder); });
    return rows ? Result<void>() : Result<void>(rows.error());
  }
  Text text(builder);
  return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
}

}  // namespace

extern const Format kVegeta;
const Format kVegeta{
    .info = {.name = "vegeta", .tool = "Vegeta", .made_by = "vegeta report -type=json > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
