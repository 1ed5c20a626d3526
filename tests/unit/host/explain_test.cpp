// The report for a reader with little time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/host/host.h"

namespace melisai::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Explain, ClaimsNoHealthWhereNothingWasSeen) {
  HostReport report;
  report.categories["cpu"].push_back({.collector = "cpu_utilization", .errors = {"timed out"}});
  EXPECT_THAT(explain(report),
              AllOf(HasSubstr("Health score: not known, because nothing was seen"),
                    Not(HasSubstr("Anomalies: none")), HasSubstr("cpu_utilization: timed out")));
}

TEST(Explain, SaysTheScoreAndWhatMadeIt) {
  HostReport report;
  report.summary.health_score = 78;
  report.summary.deductions = {{"cpu utilization 98.0 %", 22}, {"few swaps", 1}};
  EXPECT_THAT(
      explain(report),
      AllOf(HasSubstr("Health score 78 of 100"), HasSubstr("- 22 points: cpu utilization 98.0 %"),
            HasSubstr("- 1 point: few swaps"), HasSubstr("Anomalies: none")));
}

TEST(Explain, SaysWhatTheNumbersOfAResourceAre) {
  HostReport report;
  report.summary.resources["cpu"] = {98.2, 1.5, 1};
  EXPECT_THAT(explain(report), HasSubstr("\n- cpu: 98.2 % used, 1.5 % saturated, 1 error/s\n"));
}

TEST(Explain, TellsAdviceFromTuning) {
  HostReport report;
  report.summary.recommendations = {{.priority = 1,
                                     .type = "fix",
                                     .title = "Find the connections",
                                     .evidence = "rate = 60",
                                     .answers = {"tcp_retransmits"}},
                                    {.priority = 2, .type = "optimization", .title = "Queues"}};
  const std::string text = explain(report);
  EXPECT_THAT(text, HasSubstr("\nAdvice (nothing of it was executed):\n"
                              "1. Find the connections: rate = 60 [tcp_retransmits]\n\nTuning ("));
  EXPECT_THAT(text, HasSubstr("2. Queues"));
  report.summary.recommendations.erase(report.summary.recommendations.begin());
  EXPECT_THAT(explain(report), Not(HasSubstr("Advice")));
}

TEST(Explain, StaysShortHoweverMuchThereIs) {
  HostReport report;
  report.summary.health_score = 0;
  for (int i = 0; i < 100; ++i) {
    report.summary.deductions.push_back({"reason", 1});
    report.summary.anomalies.push_back({.metric = "m", .message = "text"});
    report.summary.recommendations.push_back({.title = "t", .commands = {"a", "b", "c"}});
    report.categories["system"].push_back({.collector = "c", .errors = {"lost"}});
  }
  for (const char* name : {"cpu", "memory", "disk", "network", "container_cpu", "container_memory"})
    report.summary.resources[name] = {50, 1, 0};
  report.metadata.observer_overhead.emplace();
  const std::string text = explain(report);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 150);
  EXPECT_THAT(text, AllOf(HasSubstr("and 85 more"), HasSubstr("and 94 more")));
}

}  // namespace
}  // namespace melisai::host
