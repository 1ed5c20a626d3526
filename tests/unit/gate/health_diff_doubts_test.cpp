// When two host reports cannot be judged against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/gate/health/health.h"

namespace melisai::gate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HostReport watched() {
  HostReport made;
  made.metadata = {.tool = "melisai-gate",
                   .hostname = "anvil",
                   .duration = "10s",
                   .window_seconds = 10,
                   .profile = "quick",
                   .focus_areas = {"cpu"},
                   .kernel_version = "6.1.0",
                   .arch = "x86_64",
                   .cpus = 4,
                   .memory_gb = 16};
  made.summary.health_score = 90;
  made.summary.resources["cpu"] = {50, 0, 0};
  return made;
}

TEST(HostDoubts, AreOfAnotherMachineOrAnotherWayOfWatching) {
  struct Row {
    const char* what;
    std::function<void(HostMetadata&)> change;
  };
  const Row rows[] = {
      {"arch", [](HostMetadata& about) { about.arch = "aarch64"; }},
      {"cpus", [](HostMetadata& about) { about.cpus = 8; }},
      {"memory_gb", [](HostMetadata& about) { about.memory_gb = 32; }},
      {"kernel", [](HostMetadata& about) { about.kernel_version = "6.6.0"; }},
      {"tool", [](HostMetadata& about) { about.tool = "melisai"; }},
      {"profile", [](HostMetadata& about) { about.profile = "deep"; }},
      {"focus", [](HostMetadata& about) { about.focus_areas = {"disk"}; }},
      {"target", [](HostMetadata& about) { about.target = HostTarget{.pid = 7, .name = "nginx"}; }},
      {"window", [](HostMetadata& about) { about.window_seconds = 21; }},
  };
  for (const Row& row : rows) {
    HostReport other = watched();
    row.change(other.metadata);
    other.summary.resources["cpu"].errors = 50;  // would be a regression
    const HostDiff diff = compare_hosts(watched(), other);
    ASSERT_EQ(diff.host_differences.size(), 1u) << row.what;
    EXPECT_EQ(diff.host_differences[0].what, row.what);
    EXPECT_TRUE(diff.host_differences[0].is_decisive);
    EXPECT_THAT(diff.doubts, ElementsAre(HasSubstr(std::string("not the same ") + row.what)));
    EXPECT_EQ(verdict_of(diff), HostDiffVerdict::inconclusive) << row.what;
  }
}

TEST(HostDoubts, AreNotOfTheNextProcessOfAProgram) {
  HostReport before = watched(), now = watched();
  before.metadata.target = HostTarget{.pid = 7, .name = "nginx"};
  now.metadata.target = HostTarget{.pid = 4711, .name = "nginx"};
  EXPECT_THAT(compare_hosts(before, now).doubts, IsEmpty());
  before.metadata.target = HostTarget{.command = "./app --seed 1"};
  now.metadata.target = HostTarget{.command = "./app --seed 2"};
  EXPECT_THAT(compare_hosts(before, now).doubts, IsEmpty());
  now.metadata.target = HostTarget{.command = "./other"};
  EXPECT_THAT(compare_hosts(before, now).doubts,
              ElementsAre("not the same target (command ./app -> command ./other)"));
}

TEST(HostDoubts, AreNotOfAnotherNameOrAnAlmostEqualWindow) {
  HostReport other = watched();
  other.metadata.hostname = "hammer";
  other.metadata.window_seconds = 15;
  HostDiff diff = compare_hosts(watched(), other);
  ASSERT_EQ(diff.host_differences.size(), 2u);
  EXPECT_FALSE(diff.host_differences[0].is_decisive);
  EXPECT_FALSE(diff.host_differences[1].is_decisive);
  EXPECT_THAT(diff.doubts, IsEmpty());
  other = watched();
  other.metadata.window_seconds = 10.4;
  EXPECT_THAT(compare_hosts(watched(), other).host_differences, IsEmpty());
}

TEST(HostDoubts, AreNotOfWhatAReportDoesNotSay) {
  HostReport silent = watched();
  silent.metadata = {};
  EXPECT_THAT(compare_hosts(watched(), silent).host_differences, IsEmpty());
  EXPECT_THAT(compare_hosts(silent, watched()).doubts, IsEmpty());
}

TEST(HostDoubts, AreOfWindowsThatAreTooShort) {
  HostReport hasty = watched();
  hasty.metadata.window_seconds = 4.9;
  EXPECT_THAT(compare_hosts(hasty, hasty).doubts,
              ElementsAre(HasSubstr("baseline is too short (4.9 s, it takes 5 s)"),
                          HasSubstr("current report is too short")));
  HostReport of_another_tool = watched();
  of_another_tool.metadata.window_seconds = 0;
  of_another_tool.metadata.duration = "3s";
  EXPECT_EQ(compare_hosts(of_another_tool, of_another_tool).doubts.size(), 2u);
}

TEST(HostDoubts, AreOfWhatOneReportHasNotSeenUnlessTheRestIsWorse) {
  HostReport full = watched();
  full.summary.resources["disk"] = {10, 0, 0};
  HostDiff diff = compare_hosts(full, watched());
  EXPECT_THAT(diff.doubts, ElementsAre("the current report says nothing of disk"));
  EXPECT_EQ(verdict_of(diff), HostDiffVerdict::inconclusive);
  HostReport worse = watched();
  worse.summary.resources["cpu"].errors = 50;
  diff = compare_hosts(full, worse);
  EXPECT_EQ(verdict_of(diff), HostDiffVerdict::regression);
  HostReport unseen = watched();
  unseen.summary.health_score.reset();
  EXPECT_THAT(compare_hosts(watched(), unseen).doubts,
              ElementsAre("the current report has no health score"));
}

TEST(HostDoubts, AreOfReportsThatSayNothing) {
  EXPECT_THAT(compare_hosts({}, {}).doubts,
              ElementsAre("neither report says anything that could be compared"));
}

TEST(HostDoubts, SayTheSameValueOnce) {
  HostReport before = watched(), now = watched();
  before.categories["cpu"].emplace_back();
  before.categories["cpu"][0].collector = "cpu_utilization";
  now.categories = before.categories;
  before.categories["cpu"][0].data = *HostData::parse(R"({"idle_pct":50})");
  now.categories["cpu"][0].data = *HostData::parse(R"({"idle_pct":5})");
  now.summary.resources["cpu"].utilization_pct = 95;
  const HostDiff diff = compare_hosts(before, now);
  ASSERT_EQ(diff.changes.size(), 2u);
  EXPECT_EQ(diff.changes[1].same_as, "cpu utilization");
  EXPECT_EQ(diff.changes[1].direction, HostDirection::regression);
  EXPECT_EQ(diff.regressions, 1);
}

}  // namespace
}  // namespace melisai::gate
