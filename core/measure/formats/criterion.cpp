#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/measure/formats/criterion_row.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_documents.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kSampleFile = "sample.json";

bool is_message(std::string_view line) {
  return line.starts_with('{') && line.find("\"benchmark-complete\"") != std::string_view::npos;
}

bool looks_like(const Probe& probe) {
  if (probe.has("mean.point_estimate") || probe.has("Mean.point_estimate")) return true;
  if (probe.has("sampling_mode") && probe.has("times[]")) return true;
  // Two lists of numbers say little, so that the name has to say the rest.
  if (probe.source().ends_with(kSampleFile) && probe.has("[][]")) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](std::string_view line) {
    return is_message(line) || is_criterion_line(line) || is_criterion_csv_head(line);
  });
}

/// The files do not hold their benchmark's name; where Criterion put them says it:
/// .../criterion/GROUP/FUNCTION/PARAMETER/new/estimates.json. Elsewhere it is the file's own.
std::string name_from(const std::string& source) {
  const fs::path path(source);
  const fs::path folder = path.parent_path().parent_path();
  const bool is_in_place =
      (path.filename() == "estimates.json" || path.filename() == kSampleFile) && !folder.empty();
  if (!is_in_place) return path.stem().string();
  std::string name;
  for (const fs::path& part : folder) {
    if (part == "criterion" || part == "/" || part == "." || part == "..")
      name.clear();
    else
      name += (name.empty() ? "" : "/") + part.string();
  }
  return name.empty() ? path.stem().string() : name;
}

/// {"iters": [...], "times": [...]}, of old versions [[...], [...]].
Result<void> add_samples(const std::string& name, const json& sample, ReadingsBuilder& builder) {
  const bool is_old = sample.is_array() && sample.size() == 2;
  const std::vector<double> iterations = numbers_in(is_old ? &sample[0] : member(sample, "iters"));
  const std::vector<double> times = numbers_in(is_old ? &sample[1] : member(sample, "times"));
  if (times.empty() || iterations.size() != times.size())
    return Error{Errc::parse, "it holds no list of iterations and one of times, equally long"};
  for (std::size_t i = 0; i < times.size(); ++i)
    MELISAI_CHECK(builder.add(name, wall_time(), times[i] / iterations[i]));
  return {};
}

Result<void> parse_file(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  const std::string name = name_from(input.source());
  const auto take = [&](const JsonRow& row) -> Result<void> {
    if (row.value.is_array() || row.value.contains("times"))
      return add_samples(name, row.value, builder);
    MELISAI_TRY(const double estimate, criterion_estimate(row.value));
    return builder.add_summary(name, wall_time(), estimate);
  };
  MELISAI_CHECK(read_rows(input, limits, JsonPath{}, take));
  return {};
}

/// A line of `cargo criterion --message-format json`.
Result<void> take_message(const json& message, ReadingsBuilder& builder) {
  if (text_at(message, "reason") != "benchmark-complete") return {};
  const std::string id = text_at(message, "id");
  const json* estimate = member(message, "typical");
  if (estimate == nullptr || !estimate->is_object()) estimate = member(message, "mean");
  const auto value = estimate == nullptr ? std::nullopt : loose_number_at(*estimate, "estimate");
  if (!value) return Error{Errc::parse, "benchmark " + in_quotes(id) + " has no estimate"};
  std::string unit = text_at(*estimate, "unit");
  if (unit.empty()) unit = text_at(message, "unit");
  const std::size_t samples = numbers_in(member(message, "measured_values")).size();
  MELISAI_CHECK(add_criterion_value(id, *value, unit, samples, builder));
  const json* const amounts = member(message, "throughput");
  const auto known = unit_from(unit);
  if (amounts == nullptr || !amounts->is_array() || amounts->empty() || *value <= 0 ||
      known->canonical != "ns")
    return {};
  const json& amount = amounts->front();
  const auto count = number_at(amount, "per_iteration");
  if (!count) return {};
  const bool is_bytes = text_at(amount, "unit") == "bytes";
  return builder.add_summary(id, throughput(is_bytes ? "B/s" : "1/s"),
                             *count * 1e9 / (*value * known->factor));
}

Result<void> parse_messages(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  JsonDocuments documents(lines, limits);
  while (true) {
    MELISAI_TRY(const std::optional<json> message, documents.next());
    if (!message) return {};
    const Result<void> taken = take_message(*message, builder);
    if (!taken) return lines.wrong(taken.error().message);
  }
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (std::any_of(probe.lines().begin(), probe.lines().end(), is_message))
    return parse_messages(input, limits, builder);
  if (!probe.lines().empty() && is_criterion_csv_head(probe.lines().front()))
    return parse_criterion_csv(input, limits, builder);
  return (probe.kind() == Probe::Kind::json ? parse_file : parse_criterion_text)(input, limits,
                                                                                 builder);
}

}  // namespace

Result<void> add_criterion_value(std::string_view benchmark, double value, std::string_view unit,
                                 std::uint64_t n, ReadingsBuilder& builder) {
  const auto known = unit_from(unit);
  if (!known || (known->canonical != "ns" && known->canonical != "count"))
    return Error{Errc::parse, "benchmark " + in_quotes(benchmark) + " is measured in " +
                                  in_quotes(unit) + ", which is no time and no count"};
  const Metric metric = known->canonical == "ns"
                            ? wall_time()
                            : Metric{std::string(unit), "count", Better::lower, Tier::time};
  return builder.add_summary(benchmark, metric, value * known->factor, n);
}

Result<double> criterion_estimate(const json& estimates) {
  // Names of versions before 0.3.4 are capitalised. Of changes there is neither spread nor slope.
  if (!estimates.is_object() || (!estimates.contains("std_dev") && !estimates.contains("StdDev")))
    return Error{Errc::parse,
                 "it holds no times (of a change/ folder?); read new/estimates.json instead"};
  for (const char* name : {"slope", "Slope", "mean", "Mean"}) {
    const json* const estimate = member(estimates, name);
    if (estimate == nullptr) continue;
    if (const auto value = number_at(*estimate, "point_estimate")) return *value;
  }
  return Error{Errc::parse, "it holds no slope and no mean"};
}

extern const Format kCriterion;
const Format kCriterion{
    .info = {.name = "criterion", .tool = "Criterion.rs", .made_by = "cargo bench 2>&1 | tee FILE"},
    .looks_like = looks_like,
    .parse = parse,
    .is_directory = is_criterion_directory,
    .parse_directory = parse_criterion_directory,
    .filter_template = "{regex}",
    .filter = exact_names_regex,
};

}  // namespace melisai::formats
