#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/criterion_row.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Group, function and parameter, then new/estimates.json.
constexpr int kDepthMax = 4;
constexpr std::string_view kLatest = "new";
constexpr std::string_view kEstimates = "estimates.json";

/// The folders of the latest results below `root`, at most `max` + 1 of them. Errors: io.
Result<std::vector<fs::path>> latest_below(const fs::path& root, std::size_t max) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator() && found.size() <= max;
       entry.increment(error)) {
    const fs::path name = entry->path().filename();
    if (entry.depth() >= kDepthMax || name == "report") entry.disable_recursion_pending();
    std::error_code ignored;
    if (name == kLatest && fs::exists(entry->path() / kEstimates, ignored))
      found.push_back(entry->path());
  }
  if (error)
    return Error{Errc::io, "cannot list " + printable(root.string()) + ": " + error.message()};
  std::sort(found.begin(), found.end());
  return found;
}

/// Criterion's own folder in `path`; `path` itself when it may be it.
fs::path criterion_in(const fs::path& path) {
  std::error_code ignored;
  for (const char* below : {"target/criterion", "criterion"})
    if (fs::is_directory(path / below, ignored)) return path / below;
  return path;
}

/// The file's document, which there always is: in an optional, because json converts to anything.
Result<std::optional<json>> document_at(const fs::path& path, const Limits& limits) {
  MELISAI_TRY(Input input, Input::open(path.string()));
  std::optional<json> document;
  const auto take = [&](const JsonRow& row) -> Result<void> {
    document = std::move(row.value);
    return {};
  };
  MELISAI_CHECK(read_rows(input, limits, JsonPath{}, take));
  return document;
}

/// How many samples sample.json holds: {"times": [...]}, of old versions [iterations, times].
std::uint64_t samples_in(const json& sample) {
  const json* const times =
      sample.is_array() && sample.size() == 2 ? &sample[1] : member(sample, "times");
  return times != nullptr && times->is_array() ? times->size() : 1;
}

/// {"Bytes": 1024}, {"Elements": 7}, null: how much one iteration does.
Result<void> add_throughput(const std::string& name, const json& benchmark, double ns,
                            ReadingsBuilder& builder) {
  const json* const amount = member(benchmark, "throughput");
  if (amount == nullptr || ns <= 0) return {};
  for (const char* bytes : {"Bytes", "BytesDecimal"})
    if (const auto count = number_at(*amount, bytes))
      return builder.add_summary(name, throughput("B/s"), *count * 1e9 / ns);
  if (const auto count = number_at(*amount, "Elements"))
    return builder.add_summary(name, throughput(), *count * 1e9 / ns);
  return {};
}

Result<void> add_benchmark(const fs::path& latest, const fs::path& root, const Limits& limits,
                           ReadingsBuilder& builder) {
  MELISAI_TRY(const std::optional<json> estimates, document_at(latest / kEstimates, limits));
  std::string name = latest.parent_path().lexically_relative(root).generic_string();
  std::optional<json> benchmark;
  std::error_code ignored;
  // Folders have safe names; the benchmark's own one may hold other characters.
  if (fs::exists(latest / "benchmark.json", ignored)) {
    MELISAI_TRY(benchmark, document_at(latest / "benchmark.json", limits));
    if (const std::string id = text_at(*benchmark, "full_id"); !id.empty()) name = id;
  }
  std::uint64_t samples = 1;
  if (fs::exists(latest / "sample.json", ignored)) {
    MELISAI_TRY(const std::optional<json> sample, document_at(latest / "sample.json", limits));
    samples = samples_in(*sample);
  }
  const Result<double> estimate = criterion_estimate(*estimates);
  if (!estimate) return with_context(estimate.error(), printable((latest / kEstimates).string()));
  MELISAI_CHECK(builder.add_summary(name, wall_time(), *estimate, samples));
  return benchmark ? add_throughput(name, *benchmark, *estimate, builder) : Result<void>();
}

}  // namespace

bool is_criterion_directory(const std::string& path) {
  const fs::path root = criterion_in(path);
  const Result<std::vector<fs::path>> latest = latest_below(root, 0);
  return latest && !latest->empty();
}

Result<void> parse_criterion_directory(const std::string& path, const Limits& limits,
                                       ReadingsBuilder& builder) {
  const fs::path root = criterion_in(path);
  MELISAI_TRY(const std::vector<fs::path> all, latest_below(root, limits.files_max));
  if (all.size() > limits.files_max)
    return Error{Errc::limit, printable(path) + ": more than " + std::to_string(limits.files_max) +
                                  " benchmarks in one directory"};
  for (const fs::path& latest : all) MELISAI_CHECK(add_benchmark(latest, root, limits, builder));
  return {};
}

}  // namespace melisai::formats
