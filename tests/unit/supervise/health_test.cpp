#include "core/supervise/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::supervise {
namespace health_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string name_at(const HealthRecord& record, Time now) {
  return std::string(name_of(record.health(now)));
}

TEST(HealthRecord, IsUnknownUntilTheFirstCheck) {
  HealthRecord record(3);
  EXPECT_EQ(name_at(record, 0s), "unknown");
  record.answered({}, 0s);
  EXPECT_EQ(name_at(record, 0s), "healthy");
  record.forget();
  EXPECT_EQ(name_at(record, 0s), "unknown");
}

TEST(HealthRecord, MapsTheSeverityOfIssues) {
  const auto health_with = [](IssueSeverity severity) {
    HealthRecord record(3);
    record.answered({{severity, "queue is long"}}, 0s);
    return record.health(0s);
  };
  EXPECT_EQ(health_with(IssueSeverity::low), Health(Healthy{}));
  EXPECT_EQ(name_of(health_with(IssueSeverity::medium)), "degraded");
  EXPECT_EQ(name_of(health_with(IssueSeverity::high)), "degraded");
  EXPECT_EQ(health_with(IssueSeverity::critical), Health(Unhealthy{"queue is long"}));
}

TEST(HealthRecord, IsUnhealthyAfterThreeMissesInARow) {
  HealthRecord record(3);
  record.answered({}, 0s);
  record.missed("no answer", 1s);
  record.missed("no answer", 2s);
  EXPECT_EQ(name_at(record, 2s), "degraded");
  EXPECT_FALSE(record.failing());
  record.answered({}, 3s);
  EXPECT_EQ(name_at(record, 3s), "healthy") << "an answer ends the row";
  for (const Time at : {4s, 5s, 6s}) record.missed("no answer", at);
  EXPECT_TRUE(record.failing());
  EXPECT_EQ(record.health(6s),
            Health(Unhealthy{"3 health checks in a row failed, the last: no answer"}));
}

TEST(HealthRecord, CountsACriticalIssueAsAFailedCheck) {
  HealthRecord record(2);
  record.answered({{IssueSeverity::critical, "cannot write"}}, 0s);
  EXPECT_FALSE(record.failing());
  record.answered({{IssueSeverity::critical, "cannot write"}}, 1s);
  EXPECT_TRUE(record.failing());
  EXPECT_EQ(record.failure(), "2 health checks in a row failed, the last: cannot write");
}

TEST(HealthRecord, ReplacesTheIssuesOfTheLastCheck) {
  HealthRecord record(3);
  record.answered({{IssueSeverity::high, "slow disk"}}, 0s);
  record.answered({}, 1s);
  EXPECT_THAT(record.issues(1s), IsEmpty());
}

TEST(HealthRecord, KeepsAReportedIssueForAnHourSinceItsLastReport) {
  HealthRecord record(3);
  record.report({IssueSeverity::medium, "dropped events"}, 0s);
  record.report({IssueSeverity::medium, "dropped events"}, 10min);
  record.answered({}, 20min);
  EXPECT_THAT(record.issues(20min),
              ElementsAre(Issue{IssueSeverity::medium, "dropped events", 10min}));
  EXPECT_EQ(name_at(record, 70min - 1ns), "degraded");
  EXPECT_EQ(name_at(record, 70min), "healthy");
}

TEST(HealthRecord, KeepsTheNewestIssuesWithinItsLimit) {
  HealthRecord record(3);
  for (std::size_t i = 0; i <= kIssuesMax; ++i)
    record.report({IssueSeverity::low, std::to_string(i)}, 0s);
  EXPECT_THAT(record.issues(0s), SizeIs(kIssuesMax));
  EXPECT_EQ(record.issues(0s).front().message, "1");
}

TEST(SystemStatus, FollowsTheWorstModule) {
  const auto status = [](std::vector<ModuleService> modules) {
    return name_of(system_status(Phase::running, modules));
  };
  const ModuleService good{true, Service::full};
  EXPECT_EQ(status({}), "healthy");
  EXPECT_EQ(status({good}), "healthy");
  EXPECT_EQ(status({good, {true, Service::limited}}), "degraded");
  EXPECT_EQ(status({good, {false, Service::limited}}), "degraded");
  EXPECT_EQ(status({good, {true, Service::paused}}), "degraded");
  EXPECT_EQ(status({good, {false, Service::none}}), "degraded");
  EXPECT_EQ(status({{false, Service::limited}, {true, Service::none}, good}), "critical");
}

TEST(SystemStatus, IsThePhaseWhileNotRunning) {
  const std::vector<ModuleService> failed{{true, Service::none}};
  EXPECT_EQ(name_of(system_status(Phase::starting, failed)), "starting");
  EXPECT_EQ(name_of(system_status(Phase::stopping, failed)), "stopping");
  EXPECT_EQ(name_of(system_status(Phase::stopped, failed)), "stopped");
}

}  // namespace health_test
}  // namespace melisai::supervise
