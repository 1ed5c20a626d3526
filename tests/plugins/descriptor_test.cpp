// What a plugin's struct may say. Rows change one field of a struct that is right.
#include "core/worker/descriptor.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "core/worker/privileges.h"
#include "tests/plugins/zoo/c_animal.h"

namespace melisai::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Descriptor, IsACopyOfWhatIsRight) {
  const auto plugin = adopt(zoo::c_animal("zoo.c"));
  ASSERT_TRUE(plugin) << plugin.error().message;
  EXPECT_EQ(plugin->hello.name, "zoo.c");
  EXPECT_EQ(plugin->hello.abi, "1.2");
  EXPECT_EQ(plugin->hello.metrics.size(), 1u);
  EXPECT_EQ(plugin->functions.start, &zoo::start);
}

TEST(Descriptor, TakesMetricsOfAnotherSize) {
  struct Longer {
    melisai_metric metric;
    const char* since_a_later_minor;
  };
  const Longer metrics[] = {{zoo::kCMetrics[0], "x"}, {zoo::kCMetrics[0], "y"}};
  Longer named[] = {metrics[0], metrics[1]};
  named[1].metric.name = zoo::c_text("second");
  melisai_collector plugin = zoo::c_animal("zoo.c");
  plugin.metrics = &named[0].metric;
  plugin.metric_size = sizeof(Longer);
  plugin.metric_count = 2;
  const auto adopted = adopt(plugin);
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->hello.metrics[1].name, "second");
  EXPECT_EQ(adopted->hello.metrics[1].unit, "count");
}

struct Wrong {
  const char* name;
  std::function<void(melisai_collector&, melisai_metric&)> spoil;
  const char* says;
};
void PrintTo(const Wrong& row, std::ostream* out) { *out << row.name; }
class WrongDescriptor : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongDescriptor, IsExplainedToItsAuthor) {
  melisai_metric metric = zoo::kCMetrics[0];
  melisai_collector plugin = zoo::c_animal("zoo.c");
  plugin.metrics = &metric;
  GetParam().spoil(plugin, metric);
  const auto adopted = adopt(plugin);
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code, Errc::config);
  EXPECT_THAT(adopted.error().message, HasSubstr(GetParam().says));
}

using C = melisai_collector;
using M = melisai_metric;
const std::string kLong(65, 'x');
const melisai_metric kTwice[] = {zoo::kCMetrics[0], zoo::kCMetrics[0]};
const melisai_part kTwins[] = {{zoo::c_text("wing"), zoo::c_text("cpu"), 1},
                               {zoo::c_text("wing"), zoo::c_text("cpu"), 1}};
const melisai_part kWrongTier[] = {{zoo::c_text("wing"), zoo::c_text("cpu"), 4}};
const melisai_part kNoCategory[] = {{zoo::c_text("wing"), zoo::c_text(""), 1}};
void take(melisai_collector& plugin, const melisai_part* parts, std::uint32_t count) {
  plugin.parts = parts;
  plugin.part_size = sizeof(melisai_part);
  plugin.part_count = count;
}
const std::string kHuge(1000, 'h');
const std::vector<std::string> kNames = [] {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back("m" + std::to_string(i));
  return names;
}();
const std::vector<melisai_metric> kTalkative = [] {
  std::vector<melisai_metric> metrics(1000, zoo::kCMetrics[0]);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    metrics[i].name = zoo::c_text(kNames[i]);
    metrics[i].help = metrics[i].source = zoo::c_text(kHuge);
  }
  return metrics;
}();

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongDescriptor,
    ::testing::Values(
        Wrong{"NewerMinor", [](C& c, M&) { c.abi_minor = 3; }, "ABI 1.3, this is 1.2"},
        Wrong{"NoSize", [](C& c, M&) { c.struct_size = 0; }, "struct_size 0"},
        Wrong{"LargeSize", [](C& c, M&) { c.struct_size += 8; }, "struct_size"},
        Wrong{"OnlyNames", [](C& c, M&) { c.struct_size = 40; }, "neither create nor destroy"},
        Wrong{"NoName",
              [](C& c, M&) {
                c.name = {nullptr, 5};
              },
              "the name ''"},
        Wrong{"LongName", [](C& c, M&) { c.name = zoo::c_text(kLong); }, "at most 64"},
        Wrong{"PathName", [](C& c, M&) { c.name = zoo::c_text("../x"); }, "the name '../x'"},
        Wrong{"NoVersion", [](C& c, M&) { c.version = {}; }, "the version ''"},
        Wrong{"EscVersion", [](C& c, M&) { c.version = zoo::c_text("\x1b[1m"); }, "printable"},
        Wrong{"NoCreate", [](C& c, M&) { c.create = nullptr; }, "destroy but no create"},
        Wrong{"NoDestroy", [](C& c, M&) { c.destroy = nullptr; }, "create but no destroy"},
        Wrong{"NoStart", [](C& c, M&) { c.start = nullptr; }, "stop but no start"},
        Wrong{"NoStop", [](C& c, M&) { c.stop = nullptr; }, "start but no stop"},
        Wrong{"NoWindow", [](C& c, M&) { c.start = nullptr, c.stop = nullptr; },
              "neither start nor stop"},
        Wrong{"NoInterval", [](C& c, M&) { c.sample = &zoo::destroy; }, "sample_interval_ms is 0"},
        Wrong{"NoSample", [](C& c, M&) { c.sample_interval_ms = 5; }, "no sample"},
        Wrong{"LongInterval",
              [](C& c, M&) { c.sample = &zoo::destroy, c.sample_interval_ms = 60'001; },
              "at most 60000"},
        Wrong{"Watches", [](C& c, M&) { c.watches = 2; }, "neither 0 nor 1"},
        Wrong{"Capability", [](C& c, M&) { c.capabilities = zoo::c_text("CAP_CHOWN"); },
              "'CAP_CHOWN'"},
        Wrong{"NoMetrics", [](C& c, M&) { c.metrics = nullptr; }, "declares no metric"},
        Wrong{"ZeroMetrics", [](C& c, M&) { c.metric_count = 0; }, "declares no metric"},
        Wrong{"TwinParts", [](C& c, M&) { take(c, kTwins, 2); },
              "part 2 of the plugin: an earlier"},
        Wrong{"PartTier", [](C& c, M&) { take(c, kWrongTier, 1); }, "its tier is 4"},
        Wrong{"PartCategory", [](C& c, M&) { take(c, kNoCategory, 1); }, "name or category"},
        Wrong{"ManyParts", [](C& c, M&) { take(c, kTwins, 101); }, "declares 101 parts"},
        Wrong{"PartSize", [](C& c, M&) { take(c, kTwins, 2), c.part_size = 8; }, "part_size of 8"},
        Wrong{"ManyMetrics", [](C& c, M&) { c.metric_count = 1001; }, "1001 metrics"},
        Wrong{"MetricSize", [](C& c, M&) { c.metric_size = 8; }, "metric_size of 8"},
        Wrong{"MetricSizeHuge", [](C& c, M&) { c.metric_size = 1u << 31; }, "metric_size"},
        Wrong{"MetricName", [](C&, M& m) { m.name = zoo::c_text("a b"); }, "metric 1 "},
        Wrong{"MetricUnit", [](C&, M& m) { m.unit = zoo::c_text("ms"); }, "unit is 'ms'"},
        Wrong{"MetricBetter", [](C&, M& m) { m.better = 3; }, "better is 3"},
        Wrong{"MetricTier", [](C&, M& m) { m.tier = 0; }, "tier is 0"},
        Wrong{"MetricTwice", [](C& c, M&) { c.metrics = kTwice, c.metric_count = 2; },
              "metric 2 of the plugin ('answer'): an earlier one has the same name"},
        Wrong{"Talkative", [](C& c, M&) { c.metrics = kTalkative.data(), c.metric_count = 1000; },
              "must fit into 1 MiB"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Privileges, NamesOfCapabilitiesAreParsed) {
  EXPECT_THAT(*parse_capabilities("  "), IsEmpty());
  const auto names = *parse_capabilities("CAP_SYS_PTRACE  CAP_BPF CAP_SYS_PTRACE ");
  EXPECT_THAT(names, ElementsAre("CAP_SYS_PTRACE", "CAP_BPF"));
  EXPECT_EQ(capability_set(names), 1ull << 19 | 1ull << 39);
  EXPECT_EQ(capability_set(names) & ~collector_capabilities(), 0u);
  EXPECT_FALSE(parse_capabilities("cap_bpf"));
  EXPECT_FALSE(parse_capabilities("CAP_BPF,CAP_PERFMON"));
}

}  // namespace
}  // namespace melisai::worker
