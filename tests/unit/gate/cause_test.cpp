#include "core/gate/cause/cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "core/gate/cause/cause_rules.h"

namespace melisai::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kMs = 1e6;

/// Milliseconds of several runs.
Observed runs(std::vector<double> base, std::vector<double> head) {
  for (std::vector<double>* side : {&base, &head})
    for (double& value : *side) value *= kMs;
  return {std::move(base), std::move(head)};
}

/// Of runs of 100, 101 and 99 ms, and of 140, 141 and 139 ms.
Observed with_times(std::vector<double> base, std::vector<double> head) {
  Observed observed = runs(std::move(base), std::move(head));
  const Observed times = runs({100, 101, 99}, {140, 141, 139});
  observed.base_time = times.base;
  observed.head_time = times.head;
  return observed;
}

Observed sampled(double sample, std::vector<double> base, std::vector<double> head) {
  Observed observed = runs(std::move(base), std::move(head));
  observed.sample = observed.head_sample = sample;
  return observed;
}

Observed from_to(double base, double head) { return {{base}, {head}}; }

/// A command of 100 ms, all CPU, that takes 140 ms on head; `signals` say why.
CauseInput slower(std::map<Signal, Observed> signals, double cpu_head = 140 * kMs) {
  CauseInput input{.benchmark = "parse/BM_Small"};
  input.signals = {{Signal::wall_time, from_to(100 * kMs, 140 * kMs)},
                   {Signal::cpu_time, from_to(95 * kMs, cpu_head)},
                   {Signal::instructions, from_to(2e8, 2e8)}};
  for (auto& [signal, observed] : signals) input.signals.insert_or_assign(signal, observed);
  return input;
}
constexpr double kCpuAsBefore = 95 * kMs;

struct CauseCase {
  std::string name;
  Cause cause;
  CauseInput input;
};

std::vector<CauseCase> typical_causes() {
  using S = Signal;
  return {
      {"moreInstructions", Cause::cpu_work, slower({{S::instructions, from_to(2e8, 2.9e8)}})},
      {"slowerInstructions", Cause::cpu_efficiency, slower({})},
      {"functionThatBaseDidNotRun", Cause::cpu_work,
       slower({{S::new_code_time, {{0, 0, 0}, {39 * kMs, 40 * kMs, 41 * kMs}}},
               {S::instructions, Observed{}}})},
      {"mallocPerItem", Cause::allocation,
       slower({{S::allocations, from_to(1e4, 1.01e6)}, {S::instructions, from_to(2e8, 2.9e8)}})},
      {"allocatorInTheProfile", Cause::allocation,
       slower({{S::allocator_time, {{2 * kMs, 3 * kMs, 2 * kMs}, {32 * kMs, 30 * kMs, 31 * kMs}}},
               {S::allocations, from_to(1e4, 1e5)}})},
      {"moreMemoryTouched", Cause::memory, slower({{S::minor_faults, from_to(1'000, 75'000)}})},
      {"pagesReadBack", Cause::memory, slower({{S::major_faults, from_to(0, 500)}}, kCpuAsBefore)},
      {"smallerBuffers", Cause::system_calls,
       slower({{S::system_calls, from_to(1'200, 120'000)}, {S::read_bytes, from_to(1e8, 1e8)}})},
      {"extraFsync", Cause::file_io,
       slower({{S::file_wait, from_to(1 * kMs, 41 * kMs)}, {S::fsyncs, from_to(1, 100)}},
              kCpuAsBefore)},
      {"fsyncsWithoutProfile", Cause::file_io,
       slower({{S::fsyncs, from_to(1, 120)}}, kCpuAsBefore)},
      {"moreBytesRead", Cause::file_io,
       slower({{S::read_bytes, from_to(1e8, 3.5e8)}, {S::system_calls, from_to(100, 350)}})},
      {"sleepsWithTheLock", Cause::sleep,
       slower({{S::sleep_wait, from_to(0, 40 * kMs)}, {S::futex_wait, from_to(3 * kMs, 41 * kMs)}},
              kCpuAsBefore)},
      {"lockHeldLonger", Cause::lock_wait,
       slower({{S::futex_wait, from_to(3 * kMs, 41 * kMs)},
               {S::futex_waits, from_to(100, 2'000)},
               {S::voluntary_switches, from_to(100, 2'000)}},
              kCpuAsBefore)},
      {"threadsThatWakeEachOther", Cause::lock_wait,
       slower({{S::futex_time, runs({1, 2, 1}, {24, 23, 25})},
               {S::system_time, runs({2, 3, 2}, {4, 5, 4})},
               {S::system_calls, from_to(1'000, 30'000)}})},
      {"tooManyThreads", Cause::scheduling,
       slower({{S::run_queue_wait, from_to(5 * kMs, 200 * kMs)},
               {S::futex_wait, from_to(100 * kMs, 150 * kMs)},
               {S::involuntary_switches, from_to(50, 4'000)}},
              100 * kMs)},
      {"fullBacklog", Cause::network,
       slower({{S::network_wait, from_to(2 * kMs, 40 * kMs)}, {S::retransmits, from_to(0, 3)}},
              kCpuAsBefore)},
      {"connectionPerItem", Cause::network, slower({{S::connects, from_to(1, 1'200)}}, 110 * kMs)},
      {"forkWithoutProgram", Cause::subprocesses,
       slower({{S::forks, from_to(1, 101)},
               {S::process_time, runs({1, 2, 1}, {38, 37, 39})},
               {S::system_time, runs({2, 3, 2}, {41, 40, 42})},
               {S::system_calls, from_to(1'000, 1'300)}})},
      {"programsThatWork", Cause::subprocesses,
       slower({{S::forks, from_to(1, 31)},
               {S::execs, from_to(1, 31)},
               {S::system_time, runs({1, 2, 1}, {18, 17, 19})},
               {S::child_wait, with_times({1, 1, 1}, {39, 38, 40})}})},
      {"manySamplesOfACall", Cause::system_calls,
       slower({{S::system_time, sampled(5 * kMs, {0, 0, 5, 0}, {35, 30, 35, 30})}})},
      {"forkPerItem", Cause::subprocesses,
       slower({{S::forks, from_to(1, 101)},
               {S::execs, from_to(1, 101)},
               {S::minor_faults, from_to(1'000, 80'000)},
               {S::system_calls, from_to(1'000, 300'000)},
               {S::allocations, from_to(1'000, 900'000)},
               {S::child_wait, from_to(1 * kMs, 39 * kMs)}})},
  };
}

class TypicalCause : public ::testing::TestWithParam<CauseCase> {};

TEST_P(TypicalCause, IsNamed) {
  const Evidence evidence = explain_slowdown(GetParam().input);
  EXPECT_EQ(to_string(evidence.cause), to_string(GetParam().cause)) << evidence.sentence;
  EXPECT_GE(evidence.confidence, 1.0 / 3);
  EXPECT_LE(evidence.confidence, 1);
  EXPECT_THAT(evidence.sentence, StartsWith(std::string(words_of(GetParam().cause)) + ": "));
  EXPECT_THAT(evidence.sentence, HasSubstr(" → "));
  EXPECT_NE(evidence.advice, "");
  EXPECT_GE(evidence.metrics.size(), 2u);
}

TEST_P(TypicalCause, IsForgottenWhenItShrank) {
  CauseInput input = GetParam().input;
  for (auto& [signal, observed] : input.signals)
    if (signal != Signal::wall_time && signal != Signal::cpu_time)
      std::swap(observed.base, observed.head);
  const Cause cause = explain_slowdown(input).cause;
  EXPECT_TRUE(cause == Cause::not_known || cause == Cause::cpu_efficiency) << to_string(cause);
}

INSTANTIATE_TEST_SUITE_P(All, TypicalCause, ::testing::ValuesIn(typical_causes()),
                         [](const auto& row) { return row.param.name; });

std::vector<std::string> metrics_of(const Evidence& evidence) {
  std::vector<std::string> names;
  for (const EvidenceMetric& each : evidence.metrics) names.push_back(each.name);
  return names;
}

TEST(Companions, AreShownWithTheCauseThatTheySpeakFor) {
  const Evidence slow = explain_slowdown(slower({{Signal::cache_misses, from_to(1e4, 2e6)},
                                                 {Signal::migrations, from_to(0, 60)},
                                                 {Signal::branch_misses, from_to(1e6, 1.001e6)},
                                                 {Signal::voluntary_switches, from_to(1, 900)}}));
  EXPECT_EQ(slow.cause, Cause::cpu_efficiency);
  EXPECT_THAT(slow.sentence, HasSubstr(", cache misses 10,000 → 2,000,000 per run"));
  EXPECT_THAT(metrics_of(slow),
              ElementsAre("wall_time", "cpu_time", "instructions", "cache_misses", "migrations"));
  const Evidence locked =
      explain_slowdown(slower({{Signal::futex_wait, from_to(3 * kMs, 41 * kMs)},
                               {Signal::voluntary_switches, from_to(100, 2'000)},
                               {Signal::cache_misses, from_to(1e4, 2e6)}},
                              kCpuAsBefore));
  EXPECT_EQ(locked.cause, Cause::lock_wait);
  EXPECT_THAT(metrics_of(locked), ElementsAre("wall_time", "cpu_time", "instructions", "futex_wait",
                                              "voluntary_switches"));
}

TEST(Companions, SayHowManyProcessesTookTheTime) {
  const Evidence evidence = explain_slowdown(slower(
      {{Signal::forks, from_to(1, 101)}, {Signal::process_time, runs({1, 2, 1}, {38, 37, 39})}}));
  EXPECT_THAT(evidence.sentence, HasSubstr("processes 1.33 ms → 38 ms per run, forks 1 → 101 per"));
  EXPECT_THAT(metrics_of(evidence),
              ElementsAre("wall_time", "cpu_time", "instructions", "process_time", "forks"));
}

TEST(Companions, NameNoCauseAlone) {
  const Evidence evidence = explain_slowdown(slower(
      {{Signal::voluntary_switches, from_to(100, 1e6)}, {Signal::cache_misses, from_to(1e4, 2e8)}},
      kCpuAsBefore));
  EXPECT_EQ(evidence.cause, Cause::not_known);
}

// What grew, but cannot be why.
std::vector<CauseCase> near_misses() {
  using S = Signal;
  return {
      {"fewMoreAllocations", Cause::cpu_work,
       slower({{S::allocations, from_to(1e4, 1e5)}, {S::instructions, from_to(2e8, 2.9e8)}})},
      {"fewMoreCalls", Cause::cpu_work,
       slower({{S::system_calls, from_to(1'000, 9'000)}, {S::instructions, from_to(2e8, 2.9e8)}})},
      {"fewMoreFaults", Cause::cpu_efficiency, slower({{S::minor_faults, from_to(1'000, 6'000)}})},
      {"idleThreadsOfALongerRun", Cause::cpu_efficiency,
       slower({{S::futex_wait, runs({300, 301, 299}, {420, 421, 419})}})},
      {"busyThreadsOfALongerRun", Cause::cpu_work,
       slower({{S::run_queue_wait, runs({100, 101, 99}, {147, 148, 146})},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"cheapFsyncs", Cause::cpu_work,
       slower({{S::fsyncs, from_to(1, 500)},
               {S::file_wait, from_to(1 * kMs, 2 * kMs)},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"waitingForNobodyKnowsWhat", Cause::not_known, slower({}, kCpuAsBefore)},
      {"oneNoisyRunOfAWait", Cause::not_known,
       slower({{S::file_wait, from_to(200 * kMs, 298 * kMs)}}, kCpuAsBefore)},
      {"waitsThatVaryFromRunToRun", Cause::not_known,
       slower({{S::file_wait, runs({5, 120, 10}, {190, 20, 90})}}, kCpuAsBefore)},
      {"childThatComputesLonger", Cause::cpu_work,
       slower({{S::child_wait, with_times({40, 41, 39}, {80, 81, 79})},
               {S::forks, from_to(2, 2)},
               {S::execs, from_to(2, 2)},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"fewSamplesOfACall", Cause::cpu_efficiency,
       slower({{S::system_time, sampled(20 * kMs, {0, 0, 0, 0}, {20, 20, 20, 20})}})},
  };
}

// Waits for CPU work of the same tree, or for nobody.
std::vector<CauseCase> waits_for_peers() {
  using S = Signal;
  return {
      {"oneForkMoreOfAThousand", Cause::cpu_work,
       slower({{S::child_wait, with_times({40, 41, 39}, {80, 81, 79})},
               {S::forks, from_to(1'000, 1'004)},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"newFunctionOfAWaitThatNobodyKnows", Cause::not_known,
       slower({{S::new_code_time, runs({0, 0, 0}, {30, 31, 29})}}, 100 * kMs)},
      {"processesThatLeaveMoreBehind", Cause::memory,
       slower({{S::process_time, runs({1, 2, 1}, {24, 23, 25})},
               {S::fault_time, runs({1, 2, 1}, {24, 23, 25})},
               {S::forks, from_to(2, 2)}})},
      {"childThatWaits", Cause::sleep,
       slower({{S::child_wait, with_times({10, 11, 9}, {50, 51, 49})},
               {S::sleep_wait, with_times({1, 1, 1}, {41, 41, 41})},
               {S::forks, from_to(2, 2)}},
              kCpuAsBefore)},
      {"oneMoreChildThatComputes", Cause::cpu_work,
       slower({{S::child_wait, with_times({40, 41, 39}, {80, 81, 79})},
               {S::forks, from_to(2, 3)},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"queuesOfRunsThatComputedLongerThanTheTimedPairs", Cause::cpu_work,
       slower({{S::run_queue_wait,
                {{300 * kMs, 303 * kMs, 297 * kMs},
                 {480 * kMs, 483 * kMs, 477 * kMs},
                 {100 * kMs, 101 * kMs, 99 * kMs},
                 {160 * kMs, 161 * kMs, 159 * kMs}}},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"serverOfTheTreeThatComputesLonger", Cause::cpu_work,
       slower({{S::network_wait, with_times({40, 41, 39}, {80, 81, 79})},
               {S::connects, from_to(1, 1)},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"serverThatComputesMoreThanItMakesWait", Cause::cpu_work,
       slower({{S::network_wait, with_times({1, 1, 1}, {30, 31, 29})},
               {S::instructions, from_to(2e8, 2.9e8)}},
              119 * kMs)},
      {"workersThatWaitForALongerSerialPhase", Cause::cpu_work,
       slower({{S::futex_wait, with_times({160, 161, 159}, {480, 481, 479})},
               {S::futex_waits, {{800, 810, 805}, {830, 820, 826}}},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"sleepsUntilTheWorkIsDone", Cause::cpu_work,
       slower({{S::sleep_wait, with_times({60, 61, 59}, {100, 101, 99})},
               {S::instructions, from_to(2e8, 2.9e8)}})},
      {"idleThreadsThatBeganLate", Cause::not_known,
       slower({{S::futex_wait, with_times({750, 751, 749}, {1'070, 1'071, 1'069})}}, kCpuAsBefore)},
      {"numbersThatAreNone", Cause::cpu_efficiency,
       slower({{S::allocations, from_to(std::numeric_limits<double>::quiet_NaN(), 1e9)},
               {S::forks, from_to(1, std::numeric_limits<double>::infinity())},
               {S::execs, {{}, {5'000}}}})},
  };
}

class NearMiss : public ::testing::TestWithParam<CauseCase> {};

TEST_P(NearMiss, IsNotBlamed) {
  const Evidence evidence = explain_slowdown(GetParam().input);
  EXPECT_EQ(to_string(evidence.cause), to_string(GetParam().cause)) << evidence.sentence;
}

INSTANTIATE_TEST_SUITE_P(All, NearMiss, ::testing::ValuesIn(near_misses()),
                         [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(Peers, NearMiss, ::testing::ValuesIn(waits_for_peers()),
                         [](const auto& row) { return row.param.name; });

TEST(ExplainSlowdown, WritesTheSentenceThatPeopleRead) {
  CauseInput input = slower({{Signal::futex_wait, from_to(3 * kMs, 41 * kMs)}}, kCpuAsBefore);
  input.off_cpu = {{.name = "Cache::get",
                    .file = "src/cache.cpp",
                    .line = 88,
                    .when = "off-cpu",
                    .unit = "ns",
                    .base = 3 * kMs,
                    .head = 41 * kMs,
                    .confidence = 0.99},
                   {.name = "shrank", .base = 2, .head = 1}};
  input.on_cpu = {{.name = "busy", .base = 1, .head = 2}};
  const Evidence evidence = explain_slowdown(input);
  EXPECT_EQ(evidence.sentence,
            "lock wait: futex off-CPU 3 ms → 41 ms per run, from Cache::get (cache.cpp:88)");
  ASSERT_EQ(evidence.functions.size(), 1u);
  EXPECT_EQ(evidence.functions[0].name, "Cache::get");
}

TEST(ExplainSlowdown, NamesTheSystemCall) {
  CauseInput input = slower({{Signal::system_calls, from_to(1'200, 120'000)}});
  input.calls = {
      {"read", from_to(1'000, 119'000.5)}, {"write", from_to(10, 20)}, {"close", from_to(900, 1)}};
  EXPECT_EQ(explain_slowdown(input).sentence,
            "system calls: calls 1,200 → 120,000 per run, of which read 1,000 → 119,000.5");
}

TEST(ExplainSlowdown, NamesFunctionsOfTheKindOfTimeThatNobodyCanExplain) {
  CauseInput input = slower({}, kCpuAsBefore);
  input.on_cpu = {{.name = "busy", .base = 1, .head = 2}};
  input.off_cpu = {{.name = "waits", .file = "a/wait.cpp", .line = 7, .base = 1, .head = 2}};
  EXPECT_EQ(explain_slowdown(input).sentence,
            "not known: wall time 100 ms → 140 ms per run, from waits (wait.cpp:7), and nothing "
            "else that was counted explains it");
  input = slower({});
  input.signals.erase(Signal::instructions);
  input.on_cpu = {{.name = "busy", .base = 1, .head = 2}};
  input.off_cpu = {{.name = "waits", .base = 1, .head = 2}};
  ASSERT_EQ(explain_slowdown(input).functions.size(), 1u);
  EXPECT_EQ(explain_slowdown(input).functions[0].name, "busy");
}

TEST(ExplainSlowdown, DoesNotLetWaitingExplainCpuTime) {
  CauseInput input = slower({{Signal::futex_wait, from_to(3 * kMs, 41 * kMs)},
                             {Signal::futex_waits, from_to(100, 9'000)}});
  EXPECT_EQ(explain_slowdown(input).cause, Cause::lock_wait) << "what fighting for it costs";
  input.of_cpu_time = true;
  EXPECT_EQ(explain_slowdown(input).cause, Cause::cpu_efficiency);
}

TEST(ExplainSlowdown, SaysWhatItLacks) {
  CauseInput input = slower({});
  input.signals.erase(Signal::instructions);
  Evidence evidence = explain_slowdown(input);
  EXPECT_EQ(evidence.cause, Cause::not_known);
  EXPECT_THAT(evidence.note, HasSubstr("counts of instructions"));
  EXPECT_EQ(evidence.confidence, 0);
  EXPECT_EQ(explain_slowdown({}).sentence, "not known: nothing was measured on both sides");
  input.signals = {{Signal::wall_time, from_to(140, 100)}};
  EXPECT_THAT(explain_slowdown(input).note, HasSubstr("do not show the slowdown"));
}

TEST(ExplainSlowdown, IsAsSureAsItsNumbers) {
  const auto confidence = [](std::vector<double> base, std::vector<double> head) {
    return explain_slowdown(
               slower({{Signal::file_wait, {std::move(base), std::move(head)}}}, kCpuAsBefore))
        .confidence;
  };
  const double steady = confidence({1 * kMs, 1.1 * kMs, 1 * kMs}, {40 * kMs, 41 * kMs, 42 * kMs});
  const double noisy = confidence({1 * kMs, 9 * kMs, 1 * kMs}, {20 * kMs, 60 * kMs, 40 * kMs});
  const double part = confidence({1 * kMs, 1.1 * kMs, 1 * kMs}, {20 * kMs, 21 * kMs, 22 * kMs});
  EXPECT_GT(steady, 0.9);
  EXPECT_LT(noisy, steady);
  EXPECT_LT(part, 0.6);
}

TEST(CauseRules, HaveARowForEverySignal) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Signal::execs); ++i) {
    const SignalRow& row = row_of(static_cast<Signal>(i));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(row.words, "");
    EXPECT_GT(row.growth_min, 0);
  }
  for (const CauseRow& row : cause_rows()) {
    EXPECT_GT(row.cost_ns, 0);
    EXPECT_NE(row.advice, "");
    const bool measured = row.account == Account::wait || row.account == Account::peer_wait ||
                          row.account == Account::queue || row.account == Account::cpu;
    EXPECT_EQ(measured, row_of(row.signal).unit == "ns") << row_of(row.signal).name;
  }
}

}  // namespace
}  // namespace melisai::gate
