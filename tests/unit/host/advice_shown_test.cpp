// Every piece of advice, as people and assistants get it: with all of its commands. Part of them
// can be worse than none: gc_thresh1 and gc_thresh2 above gc_thresh3 switch the limits off.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/gate/health/health.h"
#include "core/host/mcp_tools.h"
#include "tests/unit/gate/health_advice_cases.h"
#include "tests/unit/gate/health_fixture.h"

namespace melisai::host {
namespace advice_shown_test {

using ::testing::HasSubstr;

HostReport report_of(const std::string& collector, const std::string& data) {
  HostReport report;
  report.categories = fixtures::host(collector, data);
  report.summary = gate::analyse(report.categories, {});
  return report;
}

/// The answer of get_health about `report`.
ToolAnswer health_of(const HostReport& report) {
  const ToolWorld world{.collect = [&](const CollectRequest&) { return report; },
                        .plugin_dirs = {},
                        .state_dir = "/no/such/state"};
  for (const Tool& tool : make_tools(world)) {
    if (tool.name == "get_health") return tool.call(nlohmann::json::object()).value();
  }
  ADD_FAILURE() << "there is no get_health";
  return {};
}

void expect_shown_whole(const HostReport& report, const std::string& id) {
  SCOPED_TRACE(id);
  const std::string text = explain(report);
  const ToolAnswer health = health_of(report);
  const auto structured = nlohmann::json::parse(health.structured);
  bool found = false;
  for (const Recommendation& advice : report.summary.recommendations) {
    found = found || advice.id == id;
    for (const std::string& command : advice.commands) {
      EXPECT_THAT(text, HasSubstr("\n   " + command + "\n"));
      EXPECT_THAT(health.text, HasSubstr("\n   " + command + "\n"));
    }
    const auto& shown = structured["advice"];
    const auto same = std::find_if(shown.begin(), shown.end(),
                                   [&](const auto& each) { return each["id"] == advice.id; });
    ASSERT_NE(same, shown.end()) << advice.id;
    EXPECT_EQ((*same)["commands"], nlohmann::json(advice.commands));
  }
  EXPECT_TRUE(found);
}

class AdviceShown : public ::testing::TestWithParam<gate::AdviceCase> {};

TEST_P(AdviceShown, HasAllItsCommands) {
  const gate::AdviceCase& row = GetParam();
  expect_shown_whole(report_of(row.collector, row.met), row.id);
}

INSTANTIATE_TEST_SUITE_P(All, AdviceShown, ::testing::ValuesIn(gate::advice_cases()),
                         [](const auto& test) {
                           return test.param.id.substr(0, test.param.id.find('.'));
                         });

TEST(AdviceShownBeside, HugePagesThatAreSplit) {  // never alone, so in no table
  expect_shown_whole(
      report_of("memory_info", R"({"thp_enabled":"always","reclaim":{"thp_split_rate":2}})"),
      "huge_pages_split");
}

TEST(AdviceShownBeside, NeighboursGetAllThreeLimits) {
  EXPECT_THAT(explain(report_of("network_stats", R"({"sysctls":{"arp_gc_thresh3":1024}})")),
              HasSubstr("gc_thresh3=8192"));
}

}  // namespace advice_shown_test
}  // namespace melisai::host
