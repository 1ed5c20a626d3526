// A run that is stored, printed as pairs and replayed ends as it did.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/clock.h"
#include "core/exhibits.h"
#include "core/records.h"
#include "core/store/store.h"
#include "tests/unit/gate/fake_suite.h"
#include "tests/unit/replay_fixture.h"

namespace melisai {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kMebi = 1 << 20;

/// What one benchmark measures, beside counters that only show: they double on head.
struct StoredCase {
  std::string name;
  Verdict verdict;
  Policy policy = {};
  double time_change = 0;
  double memory_change = 0;
  double memory = 100 * kMebi;
  double tick = 0;            ///< of the clock; 0: a fine one
  bool counts_later = false;  ///< a counter that no warm-up has shown, and that doubles
};

void PrintTo(const StoredCase& run, std::ostream* stream) { *stream << run.name; }

Pair next_pair(const StoredCase& run, test::Noise& noise) {
  const auto time = [&](double change) {
    const double fine = 1'000 * (1 + change) * std::exp(0.0141 * noise.normal());
    return run.tick == 0 ? fine : run.tick * std::round(fine / run.tick);
  };
  const test::Halves times{time(0), time(run.time_change)};
  const auto memory = [&](double change) {
    return run.memory * (1 + change) * std::exp(0.001 * noise.normal());
  };
  Pair pair;
  test::put(pair, "app", test::wall_time(), times);
  test::put(pair, "app", test::cpu_time(), times);
  test::put(pair, "app", test::peak_rss(), {memory(0), memory(run.memory_change)});
  test::put(pair, "app", test::wait_share(), {0.1, 0.2});
  test::put(pair, "app", {"switches", "count", Better::lower, Tier::explain}, {10, 20});
  test::put(pair, "app", {"syscalls", "count", Better::lower, Tier::exact}, {1'000, 2'000});
  return pair;
}

class StoredRuns : public ReplayTest {
 protected:
  std::string state_dir() const { return root_->path() + "/state"; }

  store::Store writer() {
    auto store = store::Store::open_writer(state_dir(), {.command = "test"}, {});
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }

  static store::RunId begin(store::Store& store) {
    return *store.begin_run({.command = "check",
                             .directory = "/repo",
                             .output_dir = "/out",
                             .started_at = "2026-11-21T02:00:00Z",
                             .tool_version = "0",
                             .project = "p"});
  }

  /// As a check does: measures until nothing is open, and stores every pair.
  Report measured(const StoredCase& run) {
    store::Store store = writer();
    const store::RunId id = begin(store);
    test::Noise noise(7);
    gate::Gate gate(run.policy, stats::make_paired_test());
    gate.start(std::vector<Pair>{next_pair(run, noise)});
    for (int index = 1; !gate.open_benchmarks().empty(); ++index) {
      Pair pair = next_pair(run, noise);
      pair.index = index;
      if (run.counts_later)
        test::put(pair, "app", {"late", "count", Better::lower, Tier::exact}, {100, 200});
      gate.add(pair);
      EXPECT_TRUE(store.add_pair(id, "app", pair));
    }
    Report report;
    report.threshold = run.policy.threshold;
    report.false_alarm = run.policy.false_alarm;
    report.miss = run.policy.miss;
    report.max_pairs = run.policy.max_pairs;
    report.benchmarks = gate.results();
    report.health = {.profile = run.policy.health.profile, .level = run.policy.health.level};
    gate::conclude(report);
    EXPECT_TRUE(store.finish_run(id, report, {}));
    return report;
  }

  /// What `runs --pairs last` prints.
  std::string printed() {
    std::string text;
    const SystemClock clock;
    const RecordsWorld world{.state_dir = state_dir(),
                             .clock = clock,
                             .interrupted = {},
                             .print =
                                 [&](std::string_view part) {
                                   text += part;
                                   return true;
                                 },
                             .note = [&](const std::string& sentence) { note_ += sentence; }};
    const Result<void> answered = answer(PrintPairs{}, world);
    EXPECT_TRUE(answered) << answered.error().message;
    return text;
  }

  std::string note_;
};

class StoredRun : public StoredRuns, public ::testing::WithParamInterface<StoredCase> {};

TEST_P(StoredRun, EndsTheSameWhenItIsReplayed) {
  const Report report = measured(GetParam());
  ASSERT_EQ(report.verdict, GetParam().verdict) << report.reason;
  const std::string pairs = printed();
  ReplayRequest request;
  request.policy = GetParam().policy;
  request.policy.rules.clear();
  request.policy.threshold = Policy().threshold;  // the lines know their own
  EXPECT_EQ(*run(pairs, request), exit_code(report, FailOn::regression));
  EXPECT_EQ(out_.substr(0, out_.find('\n')),
            std::string(to_string(report.verdict)) + ": " + report.reason);
  const json all = decided(pairs, request);
  ASSERT_EQ(all.size(), report.benchmarks.size());
  for (const BenchmarkResult& told : report.benchmarks) {
    const auto series = std::find_if(all.begin(), all.end(), [&](const json& each) {
      return each["series"] == told.name + "/" + told.metric.name;
    });
    ASSERT_NE(series, all.end()) << told.metric.name;
    EXPECT_EQ((*series)["decision"], to_string(told.decision)) << told.metric.name;
    EXPECT_EQ((*series)["pairs_used"], told.pairs) << told.metric.name;
    EXPECT_EQ((*series)["effect"], told.effect ? json(*told.effect) : json()) << told.metric.name;
    EXPECT_EQ((*series)["effect_high"], told.effect_high ? json(*told.effect_high) : json());
  }
}

TEST_P(StoredRun, IsFollowedUpToItsDecisionForItsPage) {
  const Report report = measured(GetParam());
  const auto store = store::Store::open_reader(state_dir());
  ASSERT_TRUE(store && *store);
  const report::Exhibits exhibits = exhibits_of(**store, 1, report);
  for (const BenchmarkResult& row : report.benchmarks) {
    const auto series =
        std::find_if(exhibits.series.begin(), exhibits.series.end(), [&](const auto& each) {
          return each.id == SeriesId{row.name, row.metric.name};
        });
    ASSERT_NE(series, exhibits.series.end()) << row.metric.name;
    EXPECT_EQ(series->pairs.size(), static_cast<std::size_t>(row.pairs)) << row.metric.name;
    const bool is_judged = row.level != Level::off && row.metric.better != Better::unknown;
    ASSERT_EQ(series->running.empty(), !is_judged || row.pairs < 4) << row.metric.name;
    if (series->running.empty()) continue;
    EXPECT_EQ(series->running.front().pairs, 4);
    EXPECT_EQ(series->running.back().pairs, row.pairs) << row.metric.name;
    EXPECT_EQ(series->running.back().high, row.effect_high) << row.metric.name;
    if (row.confirmed && row.decision == Decision::regressed) {
      EXPECT_THAT(series->confirm_from, AllOf(::testing::Gt(4), ::testing::Le(row.pairs)));
    }
  }
}

TEST_F(StoredRuns, ShowNoWayThatIsNotTheirs) {
  Report report = measured({.name = "Slower", .verdict = Verdict::regression, .time_change = 0.2});
  const auto store = store::Store::open_reader(state_dir());
  ASSERT_TRUE(store && *store);
  report.benchmarks.front().effect_high = 0.7;  // as if other levels had been spent
  for (const report::ShownSeries& each : exhibits_of(**store, 1, report).series) {
    if (each.id.metric != report.benchmarks.front().metric.name) continue;
    EXPECT_FALSE(each.pairs.empty());
    EXPECT_TRUE(each.running.empty());
  }
  EXPECT_TRUE(exhibits_of(**store, 99, report).series.empty()) << "no such run";
}

/// A check of that commit of project p, with one metric.
Report checked(const std::string& sha, double median, Decision decision) {
  Report report;
  report.command = "check";
  report.project = "p";
  report.head.sha = sha;
  report.machine.fingerprint = "f00d";
  report.benchmarks = {{.name = "app",
                        .metric = test::wall_time(),
                        .decision = decision,
                        .gating = true,
                        .head = Side{median}}};
  return report;
}

std::string sha_of(int number) { return std::to_string(100 + number) + std::string(37, 'a'); }

TEST_F(StoredRuns, AreTheHistoryOfAFinding) {
  store::Store store = writer();
  for (int i = 0; i < 20; ++i) {
    const double level = i < 10 ? 100 : 150;
    const Report earlier = checked(sha_of(i), level + i % 3, Decision::clear);
    ASSERT_TRUE(store.finish_run(begin(store), earlier, {.branch = "main", .trusted = true}));
  }
  const Report of_strangers = checked(sha_of(50), 1, Decision::clear);
  ASSERT_TRUE(store.finish_run(begin(store), of_strangers, {.branch = "main"}));
  Report now = checked(sha_of(60), 152, Decision::regressed);

  const std::vector<report::ShownHistory> all = histories_of(store, now);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].id, (SeriesId{"app", "wall_time"}));
  ASSERT_EQ(all[0].points.size(), 21u);
  EXPECT_EQ(all[0].points.front().label, sha_of(0).substr(0, 12));
  EXPECT_EQ(all[0].points.back().label, sha_of(60).substr(0, 12));
  EXPECT_EQ(all[0].points.back().value, 152);
  EXPECT_EQ(all[0].changes, std::vector<std::size_t>{10});

  now.machine.fingerprint = "another";
  EXPECT_THAT(histories_of(store, now), IsEmpty());
  EXPECT_THAT(histories_of(store, checked(sha_of(60), 152, Decision::clear)), IsEmpty());
}

Policy with_rules(std::vector<Rule> rules) {
  Policy policy;
  policy.rules = std::move(rules);
  return policy;
}

std::vector<StoredCase> stored_cases() {
  Policy strict;
  strict.threshold = 0.02;
  strict.false_alarm = 0.001;
  strict.miss = 0.1;
  strict.max_pairs = 34;
  const Rule loose_time{.metric = "cpu_time", .threshold = 0.2};
  const Rule warn_memory{.metric = "peak_rss", .level = Level::warn};
  const Rule gate_calls{.metric = "syscalls", .threshold = 3, .level = Level::fail};
  return {{.name = "OnlyShownOnesDiffer", .verdict = Verdict::pass},
          {.name = "MemoryAboveOnePercent", .verdict = Verdict::regression, .memory_change = 0.02},
          {.name = "MemoryBelowItsFloor",
           .verdict = Verdict::pass,
           .memory_change = 0.02,
           .memory = 4 * kMebi},
          {.name = "MemoryAboveItsFloor",
           .verdict = Verdict::regression,
           .memory_change = 0.08,
           .memory = 4 * kMebi},
          {.name = "Slower", .verdict = Verdict::regression, .time_change = 0.08},
          {.name = "SlowerWithinTheRule",
           .verdict = Verdict::pass,
           .policy = with_rules({loose_time, warn_memory}),
           .time_change = 0.08,
           .memory_change = 0.02},
          {.name = "GatesByARule",
           .verdict = Verdict::pass,
           .policy = with_rules({gate_calls, {.benchmark = "nobody", .level = Level::off}})},
          {.name = "CoarseClock", .verdict = Verdict::inconclusive, .tick = 57},
          {.name = "StrictPolicy",
           .verdict = Verdict::regression,
           .policy = strict,
           .time_change = 0.05}};
}

INSTANTIATE_TEST_SUITE_P(Runs, StoredRun, ::testing::ValuesIn(stored_cases()),
                         [](const auto& row) { return row.param.name; });

TEST_F(StoredRuns, TellWhatOfTheirPolicyReplayMustBeTold) {
  StoredCase usual;
  usual.policy.threshold = 0.02;
  measured(usual);
  printed();
  EXPECT_THAT(note_, IsEmpty());
  StoredCase unusual;
  unusual.policy.false_alarm = 0.001;
  unusual.policy.max_pairs = 34;
  measured(unusual);
  printed();
  EXPECT_THAT(note_, AllOf(HasSubstr("run 2 was judged with --false-alarm 0.001 --max-pairs 34;"),
                           HasSubstr("replay")));
}

TEST_F(StoredRuns, ShareTheirFalseAlarmsWithTheHealthOfTheHost) {
  StoredCase voting;
  voting.policy.health.level = Level::fail;
  const Report report = measured(voting);
  const json replayed = decided(printed());
  EXPECT_THAT(note_, IsEmpty());
  int compared = 0;
  for (const BenchmarkResult& result : report.benchmarks) {
    for (const json& each : replayed) {
      if (!result.gating || each["series"] != result.name + "/" + result.metric.name) continue;
      EXPECT_EQ(each["pairs_used"], result.pairs) << each;
      EXPECT_EQ(each["effect_low"], json(result.effect_low.value_or(-1))) << each;
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

TEST_F(StoredRuns, ShowWhatTheGatePassedOver) {
  StoredCase late;
  late.counts_later = true;
  ASSERT_EQ(measured(late).verdict, Verdict::pass);
  const std::string pairs = printed();
  EXPECT_THAT(pairs, HasSubstr("app/late"));
  EXPECT_EQ(*run(pairs), 0);
  EXPECT_THAT(out_, HasSubstr("pass: "));
}

TEST_F(StoredRuns, AreReadableWhateverTheirReportSays) {
  store::Store store = writer();
  const store::RunId id = begin(store);
  test::Noise noise(7);
  Pair pair = next_pair({}, noise);
  pair.index = 1;
  ASSERT_TRUE(store.add_pair(id, "app", pair));
  Report report;
  for (const double threshold : {std::nan(""), 1e9, 0.0}) {
    BenchmarkResult& result = report.benchmarks.emplace_back();
    result.name = "app";
    result.metric = std::array{test::wall_time(), test::cpu_time(), test::peak_rss()}.at(
        report.benchmarks.size() - 1);
    result.threshold = threshold;
  }
  ASSERT_TRUE(store.finish_run(id, report, {}));
  const std::string pairs = printed();
  EXPECT_THAT(pairs, Not(HasSubstr("threshold")));
  EXPECT_TRUE(run(pairs));
}

TEST_F(StoredRuns, OfWhichNothingIsDecidedVoteInFull) {
  {
    store::Store store = writer();
    const store::RunId id = begin(store);
    test::Noise noise(7);
    for (int index = 1; index <= 20; ++index) {
      Pair pair = next_pair({}, noise);
      pair.index = index;
      ASSERT_TRUE(store.add_pair(id, "app", pair));
    }
  }
  const std::string pairs = printed();
  EXPECT_THAT(pairs, Not(HasSubstr("level")));
  EXPECT_THAT(note_, HasSubstr("do not say whether that had a vote"));
  EXPECT_EQ(*run(pairs), 1) << "the counter that doubled";
  EXPECT_EQ(*run(pairs, {.only = "*/cpu_time"}), 0);
}

}  // namespace
}  // namespace melisai
