// Two reports of one host under one load are not worse; a plain worsening is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

#include "core/gate/health/health.h"
#include "tests/unit/gate/health_fixture.h"
#include "tests/unit/stats/noise.h"

namespace melisai::gate {
namespace {

using testing::IsEmpty;

/// What `collect` says of the samples of a window.
std::string samples_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto rank = [&](double part) {
    const auto size = static_cast<double>(values.size());
    return values[static_cast<std::size_t>(std::max(1.0, std::ceil(part * size))) - 1];
  };
  const auto named = [](const char* name, double value) {
    return std::string(",\"") + name + "\":" + std::to_string(value);
  };
  return "{\"n\":" + std::to_string(values.size()) + named("min", values.front()) +
         named("max", values.back()) + named("p50", rank(0.5)) + named("p90", rank(0.9)) + "}";
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// A host with four CPUs under a load that stays what it is: second by second.
struct SteadyLoad {
  const char* name;
  double user, system;      ///< mean percent
  double wobble;            ///< of user, from second to second
  double bursts;            ///< chance of a second's work on top
  double burst_user;        ///< percent of it
  double switches;          ///< per second
  double faults, disk_pct;  ///< of a second with a burst
  double load;
  double retransmits;
};

class SteadyHost {
 public:
  SteadyHost(const SteadyLoad& load, test::Noise& noise) : load_(load), noise_(noise) {}

  HostReport window(int seconds = 10) {
    struct Series {
      std::vector<double> user, system, idle, iowait, switches, disk, available, faults,
          retransmits;
    } all;
    // The level of a window is not that of the next one.
    const double level = 1 + 0.05 * noise_.normal();
    for (int second = 0; second < seconds; ++second) {
      const bool is_burst = noise_.uniform() < load_.bursts;
      state_ = 0.6 * state_ + load_.wobble * noise_.student3();
      const double user =
          std::clamp(load_.user * level + state_ + (is_burst ? load_.burst_user : 0.0), 0.0, 90.0);
      const double system = std::clamp(load_.system * level + noise_.laplace() / 2, 0.0, 10.0);
      all.user.push_back(user);
      all.system.push_back(system);
      all.iowait.push_back(is_burst ? std::min(4.0 * noise_.uniform(), 100 - user - system) : 0);
      all.idle.push_back(std::max(0.0, 100 - user - system - all.iowait.back()));
      all.switches.push_back(load_.switches * level * (0.5 + noise_.uniform()));
      all.disk.push_back(is_burst ? load_.disk_pct * noise_.uniform() : noise_.uniform());
      all.faults.push_back(is_burst ? load_.faults * noise_.uniform() : 0);
      all.available.push_back(9e9 + 1e8 * noise_.normal());
      all.retransmits.push_back(std::max(0.0, load_.retransmits * (1 + noise_.laplace())));
    }
    one_minute_ += 0.15 * (load_.load * (1 + 0.3 * noise_.normal()) - one_minute_);
    return report(all);
  }

 private:
  template <class Series>
  HostReport report(const Series& all) const {
    const auto one = [](const char* name, const std::vector<double>& values) {
      return std::string("\"") + name + "\":" + std::to_string(mean_of(values));
    };
    const auto sampled = [](const char* name, const std::vector<double>& values) {
      return std::string("\"") + name + "\":" + samples_of(values);
    };
    const auto data = [](const std::string& body) { return "{\"data\":{" + body + "}}"; };
    HostReport made;
    made.metadata.cpus = 4;
    made.metadata.window_seconds = 10;
    made.categories = fixtures::host(
        {{"cpu_utilization",
          data(one("user_pct", all.user) + "," + one("system_pct", all.system) + "," +
               one("idle_pct", all.idle) + "," + one("iowait_pct", all.iowait) + "," +
               one("context_switches_per_sec", all.switches) +
               ",\"num_cpus\":4,\"load_avg_1\":" + std::to_string(one_minute_) + ",\"samples\":{" +
               sampled("user_pct", all.user) + "," + sampled("system_pct", all.system) + "," +
               sampled("idle_pct", all.idle) + "," + sampled("iowait_pct", all.iowait) + "," +
               sampled("context_switches_per_sec", all.switches) + "}")},
         {"memory_info",
          data("\"total_bytes\":16000000000," + one("available_bytes", all.available) + "," +
               one("major_faults_per_sec", all.faults) + ",\"samples\":{" +
               sampled("available_bytes", all.available) + "," +
               sampled("major_faults_per_sec", all.faults) + "}")},
         {"disk_stats", data("\"devices\":[{\"name\":\"sda\"," + one("utilization_pct", all.disk) +
                             "}],\"samples\":{" + sampled("utilization_pct", all.disk) + "}")},
         {"network_stats",
          data("\"tcp\":{" + one("retrans_rate_per_sec", all.retransmits) + "},\"samples\":{" +
               sampled("retrans_rate_per_sec", all.retransmits) + "}")}});
    made.summary = analyse(made.categories, {});
    return made;
  }

  const SteadyLoad& load_;
  test::Noise& noise_;
  double state_ = 0;
  double one_minute_ = load_.load;
};

std::string said(const HostDiff& diff) {
  std::string text(to_string(verdict_of(diff)));
  for (const HostChange& each : diff.changes)
    if (each.direction == HostDirection::regression)
      text += ", " + each.category + " " + each.metric + " " + std::to_string(each.old_value) +
              " -> " + std::to_string(each.new_value);
  for (const Anomaly& each : diff.new_anomalies) text += ", " + each.message;
  return text;
}

// Columns: user, system, wobble, bursts, their user, switches, faults, disk, load, retransmits.
constexpr SteadyLoad kLoads[] = {
    {"quiet", 0.4, 0.3, 0.1, 0.05, 8, 150, 40, 6, 0.05, 0},
    {"a few programs", 8, 2, 2, 0.1, 15, 2'500, 100, 20, 0.7, 0.3},
    {"half", 45, 4, 8, 0.2, 20, 9'000, 10, 10, 2.1, 1},
    {"around the warning of 80 %", 76, 4, 5, 0.2, 8, 12'000, 5, 15, 3.6, 2},
    {"all CPUs", 95, 6, 3, 0, 0, 3'000, 0, 5, 8, 0},
    {"bursts of a build", 20, 4, 5, 0.5, 60, 5'000, 300, 60, 2.5, 0},
    {"a busy disk", 6, 5, 2, 0.5, 5, 6'000, 50, 95, 1.5, 0},
};

TEST(HostComparison, OfOneHostUnderOneLoadIsNotWorse) {
  for (const SteadyLoad& load : kLoads) {
    test::Noise noise(17);
    SteadyHost host(load, noise);
    constexpr int kCases = 300;
    int red = 0;
    std::string first;
    for (int i = 0; i < kCases; ++i) {
      const HostReport before = host.window();
      const HostDiff diff = compare_hosts(before, host.window());
      if (verdict_of(diff) == HostDiffVerdict::pass) continue;
      if (red++ == 0) first = said(diff);
    }
    EXPECT_LE(red, kCases / 100) << load.name << ": " << first;
  }
}

TEST(HostComparison, FindsWhatIsPlainlyWorse) {
  struct Row {
    const char* name;
    std::function<void(SteadyLoad&)> worsen;
  };
  const Row rows[] = {
      {"user time", [](SteadyLoad& load) { load.user = 85; }},
      {"system time", [](SteadyLoad& load) { load.system = 10; }},
      {"context switches", [](SteadyLoad& load) { load.switches = 60'000; }},
      {"load", [](SteadyLoad& load) { load.load = 12; }},
      {"retransmits", [](SteadyLoad& load) { load.retransmits = 40; }},
  };
  for (const Row& row : rows) {
    SteadyLoad load = kLoads[1];
    test::Noise noise(23);
    const HostReport before = SteadyHost(load, noise).window();
    row.worsen(load);
    const HostDiff diff = compare_hosts(before, SteadyHost(load, noise).window());
    EXPECT_EQ(verdict_of(diff), HostDiffVerdict::regression) << row.name;
  }
}

HostReport with_user(const std::string& value, const std::string& samples) {
  HostReport made;
  made.categories = fixtures::host(
      "cpu_utilization", R"({"user_pct":)" + value + R"(,"samples":{"user_pct":)" + samples + "}}");
  return made;
}

HostDirection direction_of(const HostReport& before, const HostReport& now) {
  const HostDiff diff = compare_hosts(before, now);
  return diff.changes.empty() ? HostDirection::unchanged : diff.changes[0].direction;
}

TEST(HostComparison, TakesNoChangeWithinTheSpreadOfEitherWindowForOne) {
  const HostReport calm = with_user("20", R"({"n":10,"min":15,"p90":25,"max":90})");
  EXPECT_EQ(direction_of(calm, with_user("40", R"({"n":10,"min":30,"p90":45,"max":50})")),
            HostDirection::regression);
  EXPECT_EQ(direction_of(calm, with_user("40", R"({"n":10,"min":24,"p90":95,"max":99})")),
            HostDirection::unchanged)
      << "the current window was as calm for a second";
  EXPECT_EQ(direction_of(with_user("20", R"({"n":10,"min":5,"p90":31,"max":60})"),
                         with_user("40", R"({"n":10,"min":30,"p90":45,"max":50})")),
            HostDirection::unchanged)
      << "the baseline's window was as busy for two seconds";
  EXPECT_EQ(direction_of(with_user("40", R"({"n":10,"min":30,"p90":45,"max":50})"), calm),
            HostDirection::improvement);
}

TEST(HostComparison, TakesALargerChangeWhereSamplesAreTooFew) {
  const auto few = [](const std::string& value) {
    return with_user(value, R"({"n":4,"min":1,"p90":1,"max":1})");
  };
  EXPECT_EQ(direction_of(few("20"), few("49.9")), HostDirection::unchanged);
  EXPECT_EQ(direction_of(few("20"), few("50")), HostDirection::regression);
}

TEST(HostComparison, TakesNoRateNearZeroForAChange) {
  const auto rate = [](const char* collector, const char* name, const char* value) {
    HostReport made;
    made.categories = fixtures::host(collector, std::string("{\"") + name + "\":" + value + "}");
    return made;
  };
  const auto worse = [&](const char* collector, const char* name, const char* from,
                         const char* to) {
    return direction_of(rate(collector, name, from), rate(collector, name, to)) ==
           HostDirection::regression;
  };
  EXPECT_FALSE(worse("cpu_utilization", "context_switches_per_sec", "100", "900"));
  EXPECT_FALSE(worse("cpu_utilization", "iowait_pct", "0.1", "0.2"));
  EXPECT_FALSE(worse("cpu_utilization", "load_avg_1", "0.1", "0.9"));
  EXPECT_TRUE(worse("cpu_utilization", "load_avg_1", "0.1", "1.7"));
  EXPECT_FALSE(worse("memory_info", "major_faults_per_sec", "0.1", "0.4"));
  EXPECT_TRUE(worse("memory_info", "major_faults_per_sec", "0.1", "400"));
}

HostReport with_idle(double idle) {
  HostReport made;
  made.categories =
      fixtures::host("cpu_utilization", "{\"idle_pct\":" + std::to_string(idle) + "}");
  made.summary = analyse(made.categories, {});
  return made;
}

TEST(HostComparison, TakesNoAnomalyThatHoversAroundItsLevelForNew) {
  HostDiff diff = compare_hosts(with_idle(21), with_idle(19));
  EXPECT_THAT(diff.new_anomalies, IsEmpty());
  ASSERT_EQ(diff.unclear_anomalies.size(), 1u);
  EXPECT_EQ(diff.unclear_anomalies[0].metric, "cpu_utilization");
  EXPECT_EQ(verdict_of(diff), HostDiffVerdict::pass);
  diff = compare_hosts(with_idle(19), with_idle(21));
  EXPECT_THAT(diff.resolved_anomalies, IsEmpty());
  diff = compare_hosts(with_idle(60), with_idle(19));
  ASSERT_EQ(diff.new_anomalies.size(), 1u);
  EXPECT_THAT(diff.unclear_anomalies, IsEmpty());
  diff = compare_hosts(with_idle(19), with_idle(60));
  ASSERT_EQ(diff.resolved_anomalies.size(), 1u);
}

TEST(HostComparison, TakesAWarningThatIsCriticalNowForNew) {
  const auto sockets = [](int count) {
    HostReport made;
    made.categories = fixtures::host(
        "network_stats", R"({"tcp":{"close_wait_count":)" + std::to_string(count) + "}}");
    made.summary = analyse(made.categories, {});
    return made;
  };
  const HostDiff diff = compare_hosts(sockets(5), sockets(150));
  ASSERT_EQ(diff.new_anomalies.size(), 1u);
  EXPECT_EQ(diff.new_anomalies[0].severity, Severity::critical);
  EXPECT_THAT(compare_hosts(sockets(99), sockets(101)).new_anomalies, IsEmpty());
  EXPECT_THAT(compare_hosts(sockets(0), sockets(2)).new_anomalies, IsEmpty());
}

}  // namespace
}  // namespace melisai::gate
