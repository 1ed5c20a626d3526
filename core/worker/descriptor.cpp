#include "core/worker/descriptor.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>

#include "core/base/frame.h"
#include "core/base/text.h"
#include "core/worker/privileges.h"

namespace melisai::worker {
namespace {

constexpr std::uint32_t kMetricsMax = 1000;
constexpr std::uint32_t kPartsMax = 100;
constexpr std::uint32_t kIntervalMaxMs = 60'000;
constexpr std::size_t kStringMax = 64 << 10;
constexpr std::size_t kDescriptionMax = 1000;
constexpr std::size_t kMetricSizeMax = 4096;

Error refuse(const std::string& what) { return {Errc::config, "the plugin " + what}; }

std::string abi_text(std::uint32_t minor) {
  return std::to_string(MELISAI_ABI_MAJOR) + "." + std::to_string(minor);
}

// At most `max` bytes of a constant string of the plugin.
std::string copy(melisai_str text, std::size_t max = kStringMax) {
  if (text.data == nullptr) return "";
  return std::string(text.data, std::min(text.size, max));
}

// A name in full or, when it is longer than any name, enough of it to be refused.
std::string copy_name(melisai_str text) { return copy(text, 100); }

// The memory of a struct as far as its owner wrote it, the rest zero.
template <class Struct>
Struct copy_struct(const void* theirs, std::size_t their_size) {
  Struct ours{};
  std::memcpy(&ours, theirs, std::min(their_size, sizeof ours));
  return ours;
}

Result<void> check_version(std::uint32_t struct_size, std::uint32_t abi_minor) {
  if (abi_minor > MELISAI_ABI_MINOR)
    return refuse("is built for plugin ABI " + abi_text(abi_minor) + ", this is " +
                  abi_text(MELISAI_ABI_MINOR) + ": it needs a newer melisai-gate");
  if (struct_size < offsetof(melisai_collector, name) || struct_size > sizeof(melisai_collector))
    return refuse("has a melisai_collector_v1 with struct_size " + std::to_string(struct_size) +
                  "; set it to sizeof(melisai_collector)");
  return {};
}

const char* half_capability(const melisai_collector& plugin) {
  if (plugin.create == nullptr && plugin.destroy == nullptr)
    return "has neither create nor destroy; both are needed";
  if (plugin.create == nullptr) return "has destroy but no create; both are needed";
  if (plugin.destroy == nullptr) return "has create but no destroy; both are needed";
  if (plugin.start == nullptr && plugin.stop == nullptr)
    return "has neither start nor stop; both are needed";
  if (plugin.start == nullptr) return "has stop but no start; both are needed";
  if (plugin.stop == nullptr)
    return "has start but no stop; both are needed, stop is where the numbers come from";
  if (plugin.sample != nullptr && plugin.sample_interval_ms == 0)
    return "has sample but sample_interval_ms is 0: say how often it is wanted, or leave it out";
  if (plugin.sample == nullptr && plugin.sample_interval_ms != 0)
    return "has sample_interval_ms but no sample: nothing could be called";
  return nullptr;
}

Result<void> check_functions(const melisai_collector& plugin) {
  if (const char* problem = half_capability(plugin)) return refuse(problem);
  if (plugin.sample_interval_ms > kIntervalMaxMs)
    return refuse("has a sample_interval_ms of " + std::to_string(plugin.sample_interval_ms) +
                  "; at most 60000");
  if (plugin.watches != 0 && plugin.sample_interval_ms != 0)
    return refuse(
        "watches and has a sample_interval_ms: nothing may run beside timed pairs; split "
        "it into two collectors");
  if (plugin.watches > 1) return refuse("has watches that is neither 0 nor 1");
  return {};
}

Result<std::string> better_text(std::int32_t better) {
  switch (better) {
    case MELISAI_BETTER_LOWER: return "lower";
    case MELISAI_BETTER_HIGHER: return "higher";
    case MELISAI_BETTER_UNKNOWN: return "unknown";
    default: return Error{Errc::config, "better is " + std::to_string(better)};
  }
}

Result<protocol::MetricInfo> read_metric(const melisai_metric& theirs) {
  protocol::MetricInfo metric;
  metric.name = copy_name(theirs.name);
  if (!protocol::is_name(metric.name))
    return Error{Errc::config,
                 "its name is not a letter, then letters, digits and _ . -, at most 64"};
  metric.unit = copy_name(theirs.unit);
  if (!protocol::is_unit(metric.unit))
    return Error{Errc::config, "its unit is " + in_quotes(metric.unit) +
                                   "; use ns, B, count, 1/s, B/s or ratio and convert before emit"};
  MELISAI_TRY(metric.better, better_text(theirs.better));
  metric.tier = theirs.tier;
  if (metric.tier < 1 || metric.tier > 4)
    return Error{Errc::config, "its tier is " + std::to_string(metric.tier) +
                                   "; 1 exact count, 2 near exact, 3 time, 4 explains only"};
  metric.help = copy(theirs.help, kDescriptionMax);
  metric.source = copy(theirs.source, kDescriptionMax);
  metric.privilege = copy(theirs.privilege, kDescriptionMax);
  return metric;
}

Result<std::vector<protocol::MetricInfo>> read_metrics(const melisai_collector& plugin) {
  if (plugin.metrics == nullptr || plugin.metric_count == 0) {
    if (plugin.parts != nullptr && plugin.part_count > 0)
      return std::vector<protocol::MetricInfo>();
    return refuse("declares no metric, so it could yield nothing");
  }
  if (plugin.metric_count > kMetricsMax)
    return refuse("declares " + std::to_string(plugin.metric_count) + " metrics; at most 1000");
  if (plugin.metric_size < offsetof(melisai_metric, help) || plugin.metric_size > kMetricSizeMax)
    return refuse("has a metric_size of " + std::to_string(plugin.metric_size) +
                  "; set it to sizeof(melisai_metric)");
  std::vector<protocol::MetricInfo> metrics;
  std::set<std::string> names;
  const char* at = reinterpret_cast<const char*>(plugin.metrics);
  for (std::uint32_t i = 0; i < plugin.metric_count; ++i, at += plugin.metric_size) {
    auto metric = read_metric(copy_struct<melisai_metric>(at, plugin.metric_size));
    const std::string which =
        "metric " + std::to_string(i + 1) + " of the plugin (" +
        in_quotes(copy_name(reinterpret_cast<const melisai_metric*>(at)->name)) + ")";
    if (!metric) return with_context(std::move(metric).error(), which);
    if (!names.insert(metric->name).second)
      return Error{Errc::config, which + ": an earlier one has the same name"};
    metrics.push_back(std::move(*metric));
  }
  return metrics;
}

Result<protocol::PartInfo> read_part(const melisai_part& theirs) {
  const protocol::PartInfo part{
      .name = copy_name(theirs.name), .category = copy_name(theirs.category), .tier = theirs.tier};
  if (!protocol::is_name(part.name) || !protocol::is_name(part.category))
    return Error{
        Errc::config,
        "its name or category is not a letter, then letters, digits and _ . -, at most 64"};
  if (part.tier < 1 || part.tier > 3)
    return Error{Errc::config, "its tier is " + std::to_string(part.tier) +
                                   "; 1 procfs, 2 another program, 3 native eBPF"};
  return part;
}

Result<std::vector<protocol::PartInfo>> read_parts(const melisai_collector& plugin) {
  std::vector<protocol::PartInfo> parts;
  if (plugin.parts == nullptr || plugin.part_count == 0) return parts;
  if (plugin.part_count > kPartsMax)
    return refuse("declares " + std::to_string(plugin.part_count) + " parts; at most 100");
  if (plugin.part_size < sizeof(melisai_part) || plugin.part_size > kMetricSizeMax)
    return refuse("has a part_size of " + std::to_string(plugin.part_size) +
                  "; set it to sizeof(melisai_part)");
  std::set<std::string> names;
  const char* at = reinterpret_cast<const char*>(plugin.parts);
  for (std::uint32_t i = 0; i < plugin.part_count; ++i, at += plugin.part_size) {
    auto part = read_part(copy_struct<melisai_part>(at, plugin.part_size));
    const std::string which = "part " + std::to_string(i + 1) + " of the plugin";
    if (!part) return with_context(std::move(part).error(), which);
    if (!names.insert(part->name).second)
      return Error{Errc::config, which + ": an earlier one has the same name"};
    parts.push_back(std::move(*part));
  }
  return parts;
}

}  // namespace

Result<Descriptor> adopt(const melisai_collector& theirs) {
  MELISAI_CHECK(check_version(theirs.struct_size, theirs.abi_minor));
  Descriptor plugin{.functions = copy_struct<melisai_collector>(&theirs, theirs.struct_size)};
  protocol::Hello& hello = plugin.hello;
  hello.abi = abi_text(plugin.functions.abi_minor);
  hello.name = copy_name(plugin.functions.name);
  if (!protocol::is_name(hello.name))
    return refuse("has the name " + in_quotes(hello.name) +
                  "; a name is a letter, then letters, digits and _ . -, at most 64");
  hello.version = copy_name(plugin.functions.version);
  if (hello.version.empty() || hello.version.size() > 64 ||
      printable(hello.version) != hello.version)
    return refuse("has the version " + in_quotes(hello.version) +
                  "; a version is 1 to 64 printable characters, like 1.2.0");
  MELISAI_CHECK(check_functions(plugin.functions));
  auto capabilities = parse_capabilities(copy(plugin.functions.capabilities));
  if (!capabilities) return refuse(capabilities.error().message);
  hello.capabilities = std::move(*capabilities);
  hello.watches = plugin.functions.watches != 0;
  MELISAI_TRY(hello.metrics, read_metrics(plugin.functions));
  MELISAI_TRY(hello.parts, read_parts(plugin.functions));
  if (const std::size_t size = protocol::to_body(hello).size(); size > kFrameBytesMax)
    return refuse("describes its metrics in " + std::to_string(size) +
                  " bytes; all of them together must fit into 1 MiB");
  return plugin;
}

}  // namespace melisai::worker
