// The change of a host's health: what is found with four pairs, and how rarely chance finds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/gate/health/health.h"
#include "tests/unit/gate/health_hosts.h"

namespace melisai::gate::health_change_test {
namespace {

using fixtures::Host;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr HealthRates kRates{.score = {.alarm = 0.005, .miss = 0.05},
                             .rest = {.alarm = 0.005, .miss = 0.05}};

/// `change` of a quiet host on head, in `count` pairs.
std::vector<HealthPair> pairs_of(int count, const Host& base, const Host& head) {
  return {static_cast<std::size_t>(count),
          HealthPair{.base = fixtures::categories(base), .head = fixtures::categories(head)}};
}

Host changed(const std::function<void(Host&)>& change) {
  Host host;
  change(host);
  return host;
}

HealthResult judged(const std::vector<HealthPair>& pairs, const HealthGate& gate = {}) {
  return judge_health(pairs, gate, kRates);
}

HealthResult judged_change(const std::function<void(Host&)>& change) {
  return judged(pairs_of(4, Host{}, changed(change)));
}

auto anomaly(const std::string& metric) { return Contains(Field(&Anomaly::metric, metric)); }
auto advice(const std::string& id) { return Contains(Field(&Recommendation::id, id)); }

// 22 points of utilization and 10 of the anomaly.
void burn(Host& host) { host.user = 97; }

TEST(HealthChange, EqualHostsAreClear) {
  const HealthResult result = judged(pairs_of(4, Host{}, Host{}));
  EXPECT_EQ(result.decision, Decision::clear);
  EXPECT_EQ(result.runs, 4);
  EXPECT_EQ(result.change, 0.0);
  EXPECT_EQ(result.note, "");
  EXPECT_FALSE(result.resources.empty());
  for (const ResourceChange& use : result.resources) EXPECT_EQ(use.decision, Decision::clear);
}

TEST(HealthChange, ADropThatIsAlwaysTheSameIsARegression) {
  const HealthResult result = judged_change(burn);
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_EQ(result.change, -32.0);
  EXPECT_EQ(result.change_low, -32.0);
  EXPECT_EQ(*result.head - *result.base, *result.change);
  EXPECT_THAT(result.new_anomalies, anomaly("cpu_utilization"));
  EXPECT_THAT(result.resources,
              Contains(testing::AllOf(Field(&ResourceChange::resource, "cpu"),
                                      Field(&ResourceChange::decision, Decision::regressed))));
}

TEST(HealthChange, TheOtherWayRoundItIsAnImprovement) {
  const HealthResult result = judged(pairs_of(4, changed(burn), Host{}));
  EXPECT_EQ(result.decision, Decision::improved);
  EXPECT_THAT(result.resolved_anomalies, anomaly("cpu_utilization"));
  EXPECT_THAT(result.new_anomalies, IsEmpty());
  EXPECT_THAT(result.recommendations, IsEmpty());
}

TEST(HealthChange, ThreePairsAreInconclusiveWhateverTheySay) {
  const HealthResult result = judged(pairs_of(3, Host{}, changed(burn)));
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_THAT(result.note, HasSubstr("only 3 runs of each side"));
  EXPECT_THAT(result.new_anomalies, IsEmpty());
  EXPECT_THAT(result.recommendations, IsEmpty());
}

TEST(HealthChange, NoPairIsInconclusiveAndSaysWhatToRaise) {
  const HealthResult result = judged({});
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_THAT(result.note, HasSubstr("raise gate.health.budget"));
  EXPECT_FALSE(result.change);
}

TEST(HealthChange, FourPairsAreTooFewForTheErrorOfFortyMetrics) {
  HealthRates small = kRates;
  small.score.alarm = 0.01 / 41;
  const auto four = judge_health(pairs_of(4, Host{}, changed(burn)), {}, small);
  EXPECT_EQ(four.decision, Decision::inconclusive);
  EXPECT_THAT(four.note, HasSubstr("so small an error takes 7"));
  const auto seven = judge_health(pairs_of(7, Host{}, changed(burn)), {}, small);
  EXPECT_EQ(seven.decision, Decision::regressed);
}

TEST(HealthChange, ADropOfLessThanMaxDropIsClear) {
  const auto pairs = pairs_of(4, Host{}, changed([](Host& host) { host.user = 70; }));
  EXPECT_EQ(judged(pairs).decision, Decision::clear) << "4 points";
  EXPECT_EQ(judged(pairs, {.max_drop = 4}).decision, Decision::regressed);
}

TEST(HealthChange, LeakedSocketsAreNamed) {
  const HealthResult result = judged_change([](Host& host) { host.close_wait = 120; });
  EXPECT_THAT(result.new_anomalies, anomaly("tcp_close_wait"));
}

TEST(HealthChange, AHeadThatSwapsGetsItsAdvice) {
  const HealthResult result = judged_change([](Host& host) {
    host.swap_pct = 40;
    host.reclaim = 900;
  });
  EXPECT_THAT(result.new_anomalies, anomaly("swap_usage"));
  EXPECT_THAT(result.new_anomalies, anomaly("direct_reclaim_rate"));
  EXPECT_THAT(result.recommendations, advice("swapping_early"));
  EXPECT_THAT(result.recommendations, advice("direct_reclaim"));
}

TEST(HealthChange, AHeadThatBurnsSystemTimeGetsItsAdvice) {
  const HealthResult result = judged_change([](Host& host) { host.system = 45; });
  EXPECT_THAT(result.recommendations, advice("system_time_high"));
  ASSERT_FALSE(result.recommendations.empty());
  EXPECT_EQ(result.recommendations.front().priority, 1);
}

TEST(HealthChange, AdviceThatBothSidesDeserveIsNotShown) {
  const auto busy = changed([](Host& host) { host.system = 60; });
  EXPECT_THAT(judged(pairs_of(8, busy, busy)).recommendations, IsEmpty());
}

// One socket more in each window is what chance does.
TEST(HealthChange, AFewSocketsAreNoAnomaly) {
  for (const double sockets : {1, 2})
    EXPECT_THAT(judged_change([&](Host& host) { host.close_wait = sockets; }).new_anomalies,
                IsEmpty());
}

/// Four pairs of 120 sockets more on head, up or down by `noise`.
HealthResult judged_leak(double noise) {
  std::vector<HealthPair> pairs;
  for (const double sign : {1, -1, 1, -1})
    pairs.push_back(
        pairs_of(1, Host{}, changed([&](Host& host) { host.close_wait = 120 + sign * noise; }))
            .front());
  return judged(pairs);
}

// Student's t of 4 + 4 samples passes the whole error at 5.0 standard errors, and its share of one
// among ten or more judgements at 7.7.
TEST(HealthChange, WhatIsNamedSharesTheErrorWithAllThatCouldBeNamed) {
  EXPECT_THAT(judged_leak(20).new_anomalies, anomaly("tcp_close_wait")) << "10 standard errors";
  EXPECT_THAT(judged_leak(33).new_anomalies, Not(anomaly("tcp_close_wait"))) << "6.3 of them";
}

// Twelve drops in ten seconds are many, one or two in a second are chance.
TEST(HealthChange, AFewEventsAreThoseOfAWindowWhateverItsLength) {
  const auto window = [](double drops_per_second, const std::string& end) {
    HostCategories seen = fixtures::host(
        {{"cpu_utilization", R"({"data":{"user_pct":30,"system_pct":4,"idle_pct":66}})"},
         {"network_stats",
          R"({"data":{"softnet":{"drop_rate":)" + std::to_string(drops_per_second) + "}}}"}});
    for (HostResult& result : seen["any"]) result.end_time = "2026-11-21T10:00:" + end + "Z";
    return seen;
  };
  const auto named = [&](const std::string& end) {
    return judged({4, HealthPair{.base = window(0, end), .head = window(1.2, end)}}).new_anomalies;
  };
  EXPECT_THAT(named("10"), anomaly("softnet_dropped"));
  EXPECT_THAT(named("01"), IsEmpty());
}

// The level is crossed, the value hardly changes.
TEST(HealthChange, AValueThatHoversAroundItsLevelIsNoNewAnomaly) {
  const auto below = changed([](Host& host) {
    host.user = 78.4;
    host.system = 0;
  });
  const auto above = changed([](Host& host) {
    host.user = 79.4;
    host.system = 0;
  });
  EXPECT_THAT(judged(pairs_of(8, below, above)).new_anomalies, IsEmpty());
}

TEST(HealthChange, AdviceWhoseConditionIsJustMetIsNotNew) {
  const auto below = changed([](Host& host) { host.system = 19.8; });
  const auto above = changed([](Host& host) { host.system = 20.8; });
  EXPECT_THAT(judged(pairs_of(8, below, above)).recommendations, IsEmpty());
}

TEST(HealthChange, AWarningThatIsCriticalNowIsNew) {
  const auto some = changed([](Host& host) { host.close_wait = 20; });
  const auto many = changed([](Host& host) { host.close_wait = 200; });
  const HealthResult result = judged(pairs_of(4, some, many));
  ASSERT_THAT(result.new_anomalies, anomaly("tcp_close_wait"));
  EXPECT_EQ(result.new_anomalies.front().severity, Severity::critical);
}

TEST(HealthChange, LevelsOfOnesOwnApply) {
  const auto pairs = pairs_of(4, Host{}, changed([](Host& host) { host.close_wait = 120; }));
  const HealthGate own{
      .anomalies = {{.metric = "tcp_close_wait", .warning = 500, .critical = 900}}};
  EXPECT_THAT(judged(pairs, own).new_anomalies, IsEmpty());
}

// A worker that crashed on one side: no resource is used there, no anomaly met. That is no
// improvement, and its return no regression.
TEST(HealthChange, WhatOneSideDidNotSeeIsNoChange) {
  for (const bool on_head : {true, false}) {
    auto pairs = pairs_of(8, changed(burn), changed(burn));
    for (HealthPair& pair : pairs)
      for (HostResult& result : (on_head ? pair.head : pair.base)["any"])
        if (result.collector == "cpu_utilization") {
          result.data = HostData();
          result.errors = {"crashed with SIGSEGV"};
        }
    const HealthResult result = judged(pairs);
    EXPECT_EQ(result.decision, Decision::inconclusive);
    EXPECT_EQ(result.runs, 0);
    EXPECT_THAT(result.new_anomalies, IsEmpty());
    EXPECT_THAT(result.resolved_anomalies, IsEmpty());
    EXPECT_THAT(result.note, HasSubstr(std::string("cpu_utilization was not seen on ") +
                                       (on_head ? "head" : "base") + " (8 times)"));
  }
}

TEST(HealthChange, APairThatOneSideDidNotSeeLeavesTheOthers) {
  auto pairs = pairs_of(5, Host{}, changed(burn));
  pairs[2].head.clear();
  EXPECT_EQ(judged(pairs).decision, Decision::regressed);
  EXPECT_EQ(judged(pairs).runs, 4);
}

TEST(HealthChange, TheOrderOfPairsDoesNotMatter) {
  test::Noise noise(3);
  std::vector<HealthPair> pairs = fixtures::loaded_host(6, noise);
  const HealthResult before = judged(pairs);
  std::reverse(pairs.begin(), pairs.end());
  EXPECT_NEAR(*judged(pairs).change, *before.change, 1e-9);
  EXPECT_EQ(judged(pairs).decision, before.decision);
}

struct Named {
  int red = 0, anomalies = 0, advice = 0;
};

/// Cases of equal sides on a loaded host with something named, looked at as a check does: from the
/// fourth pair on until the score is decided.
Named equal_sides(int cases, std::uint64_t seed) {
  Named named;
  for (int i = 0; i < cases; ++i) {
    test::Noise noise(seed + static_cast<std::uint64_t>(i));
    const std::vector<HealthPair> pairs = fixtures::loaded_host(6, noise);
    HealthResult result;
    for (std::size_t count = 4; count <= pairs.size(); ++count) {
      result = judged({pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(count)});
      if (result.decision != Decision::inconclusive) break;
    }
    named.red += result.decision == Decision::regressed;
    named.anomalies += !result.new_anomalies.empty();
    named.advice += !result.recommendations.empty();
  }
  return named;
}

TEST(HealthPromise, EqualSidesOnALoadedHostAreRarelyToldApart) {
  const int cases = 200 * fixtures::repeat();
  const Named named = equal_sides(cases, 1);
  EXPECT_LE(named.red, cases / 100);
  EXPECT_LE(named.anomalies, cases / 100);
  EXPECT_LE(named.advice, cases / 100);
}

TEST(HealthPromise, AChangeIsFoundOnALoadedHost) {
  int leaks = 0, burns = 0, swaps = 0;
  constexpr int kCases = 50;
  for (int i = 0; i < kCases; ++i) {
    test::Noise noise(1'000 + static_cast<std::uint64_t>(i));
    const auto plant = [&](Host& host) {
      host.close_wait += 150 + 10 * noise.normal();
      host.swap_pct += 45 + 2 * noise.normal();
      host.system += 40 + 2 * noise.normal();
    };
    const HealthResult result = judged(fixtures::loaded_host(4, noise, plant));
    const auto has = [](const auto& all, auto member, const std::string& name) {
      return std::any_of(all.begin(), all.end(),
                         [&](const auto& each) { return each.*member == name; });
    };
    leaks += has(result.new_anomalies, &Anomaly::metric, "tcp_close_wait");
    swaps += has(result.new_anomalies, &Anomaly::metric, "swap_usage");
    burns += has(result.recommendations, &Recommendation::id, "system_time_high");
  }
  EXPECT_GE(leaks, kCases * 9 / 10);
  EXPECT_GE(swaps, kCases * 9 / 10);
  EXPECT_GE(burns, kCases * 9 / 10);
}

}  // namespace
}  // namespace melisai::gate::health_change_test
