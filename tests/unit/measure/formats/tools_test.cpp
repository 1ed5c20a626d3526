// Traps of single tools; what is ordinary stands in tests/data/formats/*.tsv.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/measure/formats/formats.h"

namespace melisai::formats {
namespace tools_test {

using ::testing::HasSubstr;

Result<Readings> read(const std::string& text) {
  return read_text(text, "f", {.name = "auto"}, {});
}

const Reading* find(const Result<Readings>& readings, std::string_view benchmark,
                    std::string_view metric) {
  if (!readings) return nullptr;
  const auto found = std::find_if(
      readings->readings.begin(), readings->readings.end(), [&](const Reading& reading) {
        return reading.benchmark == benchmark && reading.metric.name == metric;
      });
  return found == readings->readings.end() ? nullptr : &*found;
}

double value_of(const Result<Readings>& readings, std::string_view benchmark,
                std::string_view metric) {
  const Reading* const reading = find(readings, benchmark, metric);
  return reading == nullptr ? -1 : reading->value;
}

TEST(Time, CountsRunsAfterOneAnotherAsRepetitions) {
  std::string text;
  for (const char* seconds : {"2.5", "2.1", "2.2"})
    text += "\nreal\t0m" + std::string(seconds) + "s\r\nuser\t0m1.000s\r\nsys\t0m0.500s\r\n";
  const auto readings = read(text);
  ASSERT_NE(find(readings, "command", "wall_time"), nullptr);
  EXPECT_EQ(find(readings, "command", "wall_time")->values,
            (std::vector<double>{2.5e9, 2.1e9, 2.2e9}));
  EXPECT_EQ(value_of(readings, "command", "cpu_time"), 1.5e9);
}

TEST(Time, FailsACommandThatDid) {
  const auto readings = read(
      "Command exited with non-zero status 3\n"
      "0.00user 0.00system 0:00.01elapsed 88%CPU (0avgtext+0avgdata 1532maxresident)k\n"
      "0inputs+0outputs (0major+85minor)pagefaults 0swaps\n");
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_TRUE(readings->readings.empty());
  EXPECT_THAT(readings->failed.at("command"), HasSubstr("status 3"));
}

TEST(Time, FailsACommandOfWhichOnlyTheExitStatusTells) {
  const auto readings = read(
      "\tCommand being timed: \"./a\"\n"
      "\tElapsed (wall clock) time (h:mm:ss or m:ss): 0:00.01\n"
      "\tExit status: 1\n"
      "\tCommand being timed: \"./b\"\n"
      "\tElapsed (wall clock) time (h:mm:ss or m:ss): 0:00.02\n"
      "\tExit status: 0\n");
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_THAT(readings->failed.at("./a"), HasSubstr("status 1"));
  EXPECT_EQ(find(readings, "./a", "wall_time"), nullptr);
  EXPECT_EQ(value_of(readings, "./b", "wall_time"), 20e6);
}

TEST(Time, LeavesOutARunThatIsCutOff) {
  const auto readings = read("real\t0m1.0s\nuser\t0m1.0s\nsys\t0m0.0s\n\nuser\t0m9.0s\n");
  EXPECT_EQ(value_of(readings, "command", "wall_time"), 1e9);
  EXPECT_EQ(value_of(readings, "command", "cpu_time"), 1e9);
}

TEST(PerfStat, LeavesOutWhatWasNotCounted) {
  const auto readings = read(
      " Performance counter stats for './a':\n\n"
      "     <not supported>      cycles\n"
      "     <not counted>      instructions      (0.00%)\n"
      "          1,000      page-faults  # 1 /sec\n\n"
      "       0.5 seconds time elapsed\n");
  EXPECT_EQ(find(readings, "./a", "cycles"), nullptr);
  EXPECT_EQ(find(readings, "./a", "instructions"), nullptr);
  EXPECT_EQ(value_of(readings, "./a", "page_faults"), 1000);
  EXPECT_EQ(value_of(readings, "./a", "wall_time"), 0.5e9);
}

TEST(PerfStat, TellsSocketsApart) {
  const auto readings = read(
      "S0,4,1000,,instructions,100,100.00,,\n"
      "S1,4,3000,,instructions,100,100.00,,\n");
  EXPECT_EQ(value_of(readings, "perf stat/S0", "instructions"), 1000);
  EXPECT_EQ(value_of(readings, "perf stat/S1", "instructions"), 3000);
}

TEST(PerfStat, RefusesCountsOfIntervals) {
  const auto readings = read("     1.000100000,801.07,msec,task-clock,801070000,100.00,0.8,CPUs\n");
  ASSERT_FALSE(readings);
  EXPECT_THAT(readings.error().message, HasSubstr("f:1: "));
}

TEST(Valgrind, KeepsProcessesThatRunAtOnceApart) {
  const auto readings = read(
      "==7== Command: ./a\n==8== Command: ./b\n"
      "==8== I   refs:      2,000\n==7== I   refs:      1,000\n"
      "==8== Process terminating with default action of signal 11 (SIGSEGV)\n");
  EXPECT_EQ(value_of(readings, "./a", "instructions"), 1000);
  ASSERT_TRUE(readings);
  EXPECT_THAT(readings->failed.at("./b"), HasSubstr("SIGSEGV"));
  EXPECT_EQ(find(readings, "./b", "instructions"), nullptr);
}

TEST(Valgrind, AddsUpTheDumpsOfOneRun) {
  const auto readings = read(
      "# callgrind format\ncmd: ./a\nevents: Ir\nsummary: 10\n\ntotals: 10\n"
      "part: 2\nevents: Ir\nsummary: 5\n\ntotals: 5\n");
  EXPECT_EQ(value_of(readings, "./a", "instructions"), 15);
}

TEST(Junit, SaysWhereATimeIsNone) {
  const auto readings =
      read("<testsuite>\n<testcase classname=\"a\" name=\"b\" time=\"soon\"/>\n</testsuite>");
  ASSERT_FALSE(readings);
  EXPECT_THAT(readings.error().message, HasSubstr("f:2:"));
}

TEST(RedisBenchmark, ReadsTheLineThatProgressWasDrawnOver) {
  const auto readings = read(
      "SET: rps=1.0 (overall: 1.0) avg_msec=9.0 (overall: 9.0)\r"
      "SET: 5000.00 requests per second, p50=0.250 msec\r\n");
  EXPECT_EQ(value_of(readings, "SET", "throughput"), 5000);
  EXPECT_EQ(value_of(readings, "SET", "latency_p50"), 250e3);
}

TEST(Locust, TakesTheLastOfTheTablesPrintedOnTheWay) {
  const std::string header =
      "Type     Name  # reqs      # fails |    Avg     Min     Max    Med |"
      "   req/s  failures/s\n";
  const auto row = [](const std::string& count, const std::string& rate) {
    return "GET      /a b    " + count + "     0(0.00%) |      4       2      67      4 | " + rate +
           "        0.00\n";
  };
  const std::string log = "[2026-04-12 22:06:47,767] host/INFO/locust.main: Starting Locust\n";
  const auto readings = read(log + header + row("10", "1.00") + header + row("30", "3.00"));
  EXPECT_EQ(value_of(readings, "GET /a b", "throughput"), 3);
  ASSERT_NE(find(readings, "GET /a b", "latency"), nullptr);
  EXPECT_EQ(find(readings, "GET /a b", "latency")->n, 30u);
}

TEST(K6, ShowsPartsOfARequestAndJudgesTheWhole) {
  const auto readings = read(
      R"({"metrics": {"http_req_duration": {"avg": 5, "med": 4}, "http_req_blocked": {"med": 1},)"
      R"( "iterations": {"count": 1, "rate": 2}}})");
  ASSERT_NE(find(readings, "http_req_duration", "wall_time"), nullptr);
  ASSERT_NE(find(readings, "http_req_blocked", "wall_time"), nullptr);
  EXPECT_EQ(find(readings, "http_req_duration", "wall_time")->metric.tier, Tier::time);
  EXPECT_EQ(find(readings, "http_req_blocked", "wall_time")->metric.tier, Tier::explain);
}

TEST(ConsoleTime, TakesNoOtherProgramsOutput) {
  EXPECT_TRUE(read("load: 1.5ms\nsort it: 2s\n"));
  EXPECT_FALSE(read("load: 1.5ms\nready to serve\n"));
}

TEST(GoTest, LeavesOutputWithBenchmarksToItsFormat) {
  const auto readings = read("--- PASS: TestA (0.10s)\nBenchmarkA-8   100   12.5 ns/op\nPASS\n");
  EXPECT_NE(readings ? readings->format : "", "go-test");
}

TEST(Tinybench, ReadsATaskWithMoreSamplesThanARowMayHold) {
  std::string samples = "0.5";
  for (int i = 0; i < 100'000; ++i) samples += ",0.5";
  const std::string text =
      R"([{"name":"a","latency":{"df":100000,"p50":0.5,"samples":[)" + samples + "]}}]";
  const auto readings = read_text(text, "f", {.name = "auto"}, {.row_bytes_max = 100'000});
  ASSERT_TRUE(readings) << readings.error().message;
  ASSERT_NE(find(readings, "a", "wall_time"), nullptr);
  EXPECT_EQ(find(readings, "a", "wall_time")->n, 100'001u);
}

TEST(Julia, StopsAtTheLimitOfNestedGroups) {
  std::string text = R"([{"BenchmarkTools":"1.5.0"},[)";
  for (int i = 0; i < 1000; ++i) text += R"(["BenchmarkGroup",{"data":{"a":)";
  const auto readings = read(text);
  ASSERT_FALSE(readings);
  EXPECT_EQ(readings.error().code, Errc::limit);
}

TEST(Ctest, NamesEveryTestThatDidNotPass) {
  const auto readings = read(
      "1/3 Test #1: faults ...***Exception: SegFault  0.20 sec\n"
      "2/3 Test #2: loud ....some output of its own\n"
      "***Failed   0.10 sec\n"
      "3/3 Test #3: quick ....   Passed    0.01 sec\n"
      "The following tests FAILED:\n"
      "\t  1 - faults (SEGFAULT)   slow\n"
      "\t  2 - loud (Failed)\n");
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_EQ(readings->readings.size(), 1u);
  EXPECT_THAT(readings->failed.at("faults"), HasSubstr("SegFault"));
  EXPECT_THAT(readings->failed.at("loud"), HasSubstr("Failed"));
}

TEST(Hyperfine, LeavesOutNoRowOfATable) {
  const std::string head = "| Command | Mean [s] | Min [s] | Max [s] | Relative |\n|:---|---:|\n";
  EXPECT_EQ(value_of(read(head + "| `a \\| b` | 2 | 1 | 3 | 1.00 |\n"), "a | b", "wall_time"), 2e9);
  const auto readings = read(head + "| `a` | ? | 1 | 3 | 1.00 |\n");
  ASSERT_FALSE(readings);
  EXPECT_THAT(readings.error().message, HasSubstr("f:3: the row has no mean"));
}

TEST(K6, ReadsSharesAndTrendsWithoutAUnitOfTheSummary) {
  const auto readings = read(
      "     my_trend.............: avg=5.5 min=0 med=0 max=10 p(90)=9 p(95)=9.5\n"
      "     sizes................: avg=1.5 kB min=1 kB med=1.2 kB\n"
      "     http_req_failed......: 12.50% ✓ 1 ✗ 7\n"
      "     iterations...........: 8  4/s\n");
  const Reading* const trend = find(readings, "my_trend", "value");
  ASSERT_NE(trend, nullptr);
  EXPECT_EQ(trend->value, 0);
  EXPECT_EQ(trend->metric.unit, "count");
  EXPECT_EQ(find(readings, "sizes", "value"), nullptr);
  const Reading* const failed = find(readings, "http_req_failed", "rate");
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->value, 0.125);
  EXPECT_EQ(failed->metric.better, Better::lower);
}

TEST(Vitest, KeepsNumbersBehindNamesWhereTheyAreNoCounts) {
  const std::string table =
      "     name  hz  min  max  mean  p75  p99  p995  p999  rme  samples\n"
      "   · one  100.00  1  1  1  1  1  1  1  ±0.50%  9\n";
  const auto flat =
      read(" ✓ a.bench.ts > sort (1) 10ms\n" + table + " ✓ a.bench.ts > sort (2) 10ms\n" + table);
  ASSERT_TRUE(flat) << flat.error().message;
  EXPECT_NE(find(flat, "a.bench.ts > sort (1) > one", "wall_time"), nullptr);
  EXPECT_NE(find(flat, "a.bench.ts > sort (2) > one", "wall_time"), nullptr);
}

TEST(PerfStat, CountsAnEventThatSharedItsCounter) {
  const auto readings = read(
      " Performance counter stats for './x':\n\n"
      "     123,456      cache-misses                      (49.90%)\n"
      "     223,456      cycles          # 1.0 GHz         (50.10%)\n"
      "     0.100000000 seconds time elapsed\n");
  EXPECT_EQ(value_of(readings, "./x", "cache_misses"), 123456);
  EXPECT_EQ(value_of(readings, "./x", "cycles"), 223456);
}

TEST(Sysbench, ReadsThePercentileThatWasAskedFor) {
  const auto readings = read(
      "sysbench 1.0.20 (using system LuaJIT 2.1.0-beta3)\n"
      "SQL statistics:\n"
      "    transactions:       10000  (999.50 per sec.)\n"
      "    ignored errors:     3      (0.30 per sec.)\n"
      "    total time:         10.0050s\n"
      "         avg:            8.00\n"
      "         99th percentile:  20.00\n");
  EXPECT_EQ(value_of(readings, "oltp", "latency_p99"), 20e6);
  EXPECT_EQ(value_of(readings, "oltp", "errors"), 3);
}

TEST(Wrk, FailsARunThatNobodyAnswered) {
  const auto readings = read(
      "Running 10s test @ http://host:1/\n"
      "    Latency     0.00us    0.00us   0.00us    -nan%\n"
      "  0 requests in 10.00s, 0.00B read\n"
      "  Socket errors: connect 10, read 0, write 0, timeout 0\n"
      "Requests/sec:      0.00\n");
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_TRUE(readings->readings.empty());
  EXPECT_TRUE(readings->failed.contains("http://host:1/"));
}

TEST(Wrk, TakesNoLatencyOfTheRunBefore) {
  const std::string rest = "  20 requests in 10.00s, 1.00KB read\nRequests/sec:      2.00\n";
  const auto readings = read(
      "Running 10s test @ http://a/\n    Latency     5.00ms    0.00us   5.00ms   99.00%\n" + rest +
      "Running 10s test @ http://b/\n    Latency     -nanus    -nanus   0.00us     -nan%\n" + rest);
  EXPECT_EQ(value_of(readings, "http://a/", "latency"), 5e6);
  EXPECT_EQ(value_of(readings, "http://b/", "throughput"), 2);
  EXPECT_EQ(find(readings, "http://b/", "latency"), nullptr);
}

TEST(Hey, CountsRequestsWithoutAnAnswerAsErrors) {
  const auto readings = read(
      "Summary:\n  Average:\t0.005 secs\n  Requests/sec:\t1000.5\n"
      "Response time histogram:\n  0.001 [1]\t|\n"
      "Status code distribution:\n  [200]\t99 responses\n  [500]\t1 responses\n"
      "Error distribution:\n  [3]\tGet http://x: EOF\n");
  EXPECT_EQ(value_of(readings, "requests", "errors"), 4);
}

TEST(RedisBenchmark, ReadsHeadingsThatAProgressLineLeftBlanksBehind) {
  const std::string rest =
      "  100000 requests completed in 1.20 seconds\n"
      "Summary:\n  throughput summary: ";
  const auto readings =
      read("====== SET ======\n" + rest + "83333.33 requests per second\n" +
           "====== GET ======          \n" + rest + "84444.44 requests per second\n");
  EXPECT_EQ(value_of(readings, "SET", "throughput"), 83333.33);
  EXPECT_EQ(value_of(readings, "GET", "throughput"), 84444.44);
}

TEST(Vegeta, FailsAnAttackWithoutASuccess) {
  for (const char* text : {"Requests      [total, rate, throughput]  5, 1.00, 0.00\n"
                           "Latencies     [mean, 50, 95, 99, max]  1ms, 1ms, 1ms, 1ms, 1ms\n"
                           "Success       [ratio]  0.00%\n",
                           R"({"latencies":{"mean":5},"bytes_in":{},"requests":5,"success":0})"}) {
    const auto readings = read(text);
    ASSERT_TRUE(readings) << readings.error().message;
    EXPECT_TRUE(readings->readings.empty());
    EXPECT_TRUE(readings->failed.contains("attack"));
  }
}

TEST(Tinybench, ReadsTheTableOfBun) {
  const auto readings = read(
      "│   │ Task name │ Latency med (ns) │ Throughput med (ops/s) │ Samples │\n"
      "│ 0 │ a task    │ 58954 ± 15255    │ 16962 ± 4849           │ 1569    │\n");
  EXPECT_EQ(value_of(readings, "a task", "wall_time"), 58954);
  EXPECT_EQ(value_of(readings, "a task", "throughput"), 16962);
}

TEST(PerfStat, TakesTheElapsedTimeOnce) {
  const auto readings = read(
      " Performance counter stats for './x':\n\n"
      "   1,000,000,000 ns   duration_time\n\n"
      "     1.001 seconds time elapsed\n");
  const Reading* const time = find(readings, "./x", "wall_time");
  ASSERT_NE(time, nullptr);
  EXPECT_EQ(time->value, 1e9);
  EXPECT_EQ(time->n, 1u);
}

TEST(PerfStat, TakesTheElapsedTimeOfARunThatCountsNone) {
  const auto readings = read(
      " Performance counter stats for './x':\n\n   1,000 ns   duration_time\n\n"
      "     0.000001 seconds time elapsed\n"
      " Performance counter stats for './y':\n\n   5   page-faults\n\n"
      "     0.5 seconds time elapsed\n");
  EXPECT_EQ(value_of(readings, "./x", "wall_time"), 1000);
  EXPECT_EQ(value_of(readings, "./y", "wall_time"), 0.5e9);
}

TEST(BenchmarkDotNet, ReadsTimesOfCulturesWithDecimalCommas) {
  const auto readings = read(
      "| Method |        Mean | Allocated |\n|------- |------------:|----------:|\n"
      "| A      |    7,513 us |     112 B |\n"
      "| B      | 1.021,02 us |     112 B |\n"
      "| C      | 1,021.02 us |     112 B |\n");
  EXPECT_EQ(value_of(readings, "A", "wall_time"), 7513);
  EXPECT_EQ(value_of(readings, "B", "wall_time"), 1'021'020);
  EXPECT_EQ(value_of(readings, "C", "wall_time"), 1'021'020);
}

TEST(Julia, ReadsATrialOfOneSampleAndAnEstimate) {
  const auto readings = read(
      "BenchmarkTools.Trial: 1 sample with 1 evaluation.\n"
      " Single result which took 5.012 s (1.23% GC) to evaluate,\n"
      " with a memory estimate of 1.50 GiB, over 1234567 allocations.\n"
      "BenchmarkTools.TrialEstimate: \n"
      "  time:             2.345 μs\n  gctime:           0.000 ns (0.00%)\n"
      "  memory:           128 bytes\n  allocs:           2\n");
  EXPECT_EQ(value_of(readings, "trial 1", "wall_time"), 5.012e9);
  EXPECT_EQ(value_of(readings, "trial 1", "allocations"), 1234567);
  EXPECT_EQ(value_of(readings, "trial 2", "wall_time"), 2345);
  EXPECT_EQ(value_of(readings, "trial 2", "allocated_bytes"), 128);
}

}  // namespace tools_test
}  // namespace melisai::formats
