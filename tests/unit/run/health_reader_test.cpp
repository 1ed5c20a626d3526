// gate.health and collect.profiles of a pipeline file.
#include <gtest/gtest.h>

#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/run/project_file.h"

namespace melisai::run::health_reader_test {
namespace {

using namespace std::chrono_literals;

Result<Project> parse(const std::string& text) {
  const EnvLookup none = [](const std::string&) { return std::nullopt; };
  return parse_project("version: 1\n" + text, "f", none,
                       {formats::problem_of, gate::anomaly_problem});
}

std::string refusal_of(const std::string& text) {
  const Result<Project> project = parse(text);
  return project ? "" : project.error().message;
}

TEST(HealthReader, WithoutAWordTheHostIsWatchedAndWarned) {
  const HealthGate health = parse("")->gate.health;
  EXPECT_EQ(health.profile, "quick");
  EXPECT_EQ(health.max_drop, 5);
  EXPECT_EQ(health.level, Level::warn);
  EXPECT_FALSE(health.budget);
  EXPECT_TRUE(health.anomalies.empty());
}

TEST(HealthReader, EveryKeyIsRead) {
  const Result<Project> project = parse(R"(gate:
  health:
    profile: tiny
    max_drop: 12
    level: fail
    budget: 90s
    anomalies:
      - { metric: tcp_close_wait, warning: 20, critical: 200.5 }
collect:
  profiles:
    tiny: { duration: 2s, sample_interval: 50ms, timeout: 9s, tools: [runqlat], focus: [disk, all] }
    plain: {}
)");
  ASSERT_TRUE(project) << project.error().message;
  const HealthGate& health = project->gate.health;
  EXPECT_EQ(health.profile, "tiny");
  EXPECT_EQ(health.max_drop, 12);
  EXPECT_EQ(health.level, Level::fail);
  EXPECT_EQ(health.budget, 90s);
  EXPECT_EQ(
      health.anomalies,
      (std::vector<AnomalyLevels>{{.metric = "tcp_close_wait", .warning = 20, .critical = 200.5}}));
  ASSERT_EQ(project->collect.profiles.size(), 2u);
  EXPECT_EQ(project->collect.profiles[0], (HostProfile{.name = "tiny",
                                                       .duration = 2s,
                                                       .sample_interval = 50ms,
                                                       .timeout = 9s,
                                                       .tools = {"runqlat"},
                                                       .focus = {"disk", "all"},
                                                       .tools_at = "f:12:70"}));
  EXPECT_EQ(project->collect.profiles[1], HostProfile{.name = "plain"});
}

TEST(HealthReader, LevelsAndTheDefaultBudgetByName) {
  EXPECT_EQ(parse("gate: { health: { level: off, budget: auto } }")->gate.health.level, Level::off);
  EXPECT_EQ(parse("gate: { health: { level: warn } }")->gate.health.level, Level::warn);
  EXPECT_FALSE(parse("gate: { health: { budget: auto } }")->gate.health.budget);
  EXPECT_EQ(parse("gate: { health: { profile: none } }")->gate.health.profile, kNoProfile);
}

TEST(HealthReader, TheTimeoutFollowsTheDuration) {
  const auto project = parse("collect: { profiles: { long: { duration: 10m } } }");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->collect.profiles[0].timeout, 10min + 20s);
}

struct Refused {
  std::string text;
  std::string message;  // its beginning
};

TEST(HealthReader, MistakesAreNamedWithTheirPlace) {
  const std::string gate = "gate:\n  health: ";
  const std::string list = gate + "{ anomalies: ";
  const std::string profiles = "collect:\n  profiles: ";
  for (const Refused& refused : std::vector<Refused>{
           {gate + "quick", "f:3:11: expected a mapping"},
           {gate + "{ profil: quick }", "f:3:13: unknown key 'profil'; did you mean 'profile'?"},
           {gate + "{ profile: quik }",
            "f:3:22: 'profile': there is no profile 'quik'; there are quick, standard, deep, and "
            "none"},
           {gate + "{ max_drop: 0 }", "f:3:23: 'max_drop'"},
           {gate + "{ max_drop: 101 }", "f:3:23: 'max_drop'"},
           {gate + "{ level: red }", "f:3:20: 'level'"},
           {gate + "{ budget: 10ms }", "f:3:21: 'budget'"},
           {gate + "{ budget: soon }", "f:3:21: 'budget'"},
           {list + "5 }", "f:3:24: 'anomalies': expected a list"},
           {list + "[{ metric: swap_usag, warning: 1, critical: 2 }] }",
            "f:3:35: 'metric': there is no anomaly 'swap_usag'; did you mean 'swap_usage'?"},
           {list + "[{ metric: swap_usage, warning: 1 }] }",
            "f:3:56: 'warning': write both levels"},
           {list + "[{ warning: 1, critical: 2 }] }", "f:3:25: name the anomaly"},
           {list + "[{ metric: swap_usage, warning: 2, critical: 1 }] }",
            "f:3:69: 'critical': is below 'warning'"},
           {list + "[{ metric: swap_usage, warning: -1, critical: 1 }] }",
            "f:3:56: 'warning': '-1' is out of range"},
           {list + "[{ metric: swap_usage, warning: 1, critical: 2, unit: s }] }",
            "f:3:72: unknown key 'unit'"},
           {profiles + "{ none: {} }", "f:3:15: 'none' cannot be the name of a profile"},
           {profiles + "{ a/../b: {} }", "f:3:15: 'a/../b' cannot be the name of a profile"},
           {profiles + "{ a: { duration: 10ms } }", "f:3:30: 'duration': '10ms' is out of range"},
           {profiles + "{ a: { sample_interval: 1ms } }",
            "f:3:37: 'sample_interval': '1ms' is out of range"},
           {profiles + "{ a: { duration: 30s, timeout: 30s } }",
            "f:3:44: 'timeout': is not longer than 'duration'"},
           {profiles + "{ a: { tools: ['/bin/sh'] } }", "f:3:27: 'tools': '/bin/sh' is no name"},
           {profiles + "{ a: { focus: [disk, netwrk] } }",
            "f:3:27: 'focus': there is no category 'netwrk'; there are cpu, memory, disk, network"},
           {profiles + "{ a: { span: 1s } }", "f:3:20: unknown key 'span'"},
       }) {
    const std::string message = refusal_of(refused.text);
    EXPECT_EQ(message.substr(0, refused.message.size()), refused.message) << message;
  }
}

TEST(HealthReader, AListOfLevelsHasALimit) {
  std::string text = "gate:\n  health:\n    anomalies:\n";
  for (int i = 0; i < 101; ++i) text += "      - { metric: swap_usage, warning: 1, critical: 2 }\n";
  EXPECT_NE(refusal_of(text).find("more than 100 levels"), std::string::npos);
}

}  // namespace
}  // namespace melisai::run::health_reader_test
