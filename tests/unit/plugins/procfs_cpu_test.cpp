#include <gmock/gmock.h>

#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

TEST(CpuPart, SaysWhereTheTimeWent) {
  const Host host("cpu");
  expect_golden_host("cpu", host.window(make_cpu));
}

TEST(CpuPart, LeavesOutWhatTheKernelDoesNotCount) {
  const Host host("cpu");
  host.put("proc/stat", "cpu  100 20 60 180\ncpu0 100 20 60 180\n");  // Linux 2.4
  host.remove("proc/pressure");
  host.remove("proc/sys");
  host.remove("proc/loadavg");
  const Findings findings = host.window(
      make_cpu, [&] { host.put("proc/stat", "cpu  110 20 70 200\ncpu0 110 20 70 200\n"); });
  EXPECT_EQ(findings.data.dump(),
            R"({"user_pct":25.0,"system_pct":25.0,"idle_pct":50.0,"num_cpus":1,)"
            R"("per_cpu":[{"cpu":0,"user_pct":25.0,"system_pct":25.0,"idle_pct":50.0}],)"
            R"("samples":{"user_pct":{"n":1,"min":25.0,"max":25.0,"mean":25.0,"p50":25.0,)"
            R"("p90":25.0,"p99":25.0},"system_pct":{"n":1,"min":25.0,"max":25.0,"mean":25.0,)"
            R"("p50":25.0,"p90":25.0,"p99":25.0},"idle_pct":{"n":1,"min":50.0,"max":50.0,)"
            R"("mean":50.0,"p50":50.0,"p90":50.0,"p99":50.0}}})");
}

TEST(CpuPart, LeavesOutACpuThatCameOrWent) {
  const Host host("cpu");
  host.put("proc/stat", "cpu  10 0 0 90 0\ncpu0 5 0 0 45 0\ncpu1 5 0 0 45 0\n");
  const Findings findings = host.window(make_cpu, [&] {
    host.put("proc/stat", "cpu  20 0 0 180 0\ncpu0 10 0 0 90 0\ncpu2 5 0 0 45 0\n");
  });
  EXPECT_EQ(findings.data["num_cpus"], 2);
  ASSERT_EQ(findings.data["per_cpu"].size(), 1u);
  EXPECT_EQ(findings.data["per_cpu"][0]["cpu"], 0);
  EXPECT_EQ(findings.data["per_cpu"][0]["user_pct"], 10);
}

TEST(CpuPart, TakesACounterThatGoesBackAsUnchanged) {
  const Host host("cpu");
  host.put("proc/stat", "cpu  100 0 100 900 50\nctxt 900\n");
  const Findings findings =
      host.window(make_cpu, [&] { host.put("proc/stat", "cpu  130 0 100 970 20\nctxt 10\n"); });
  EXPECT_EQ(findings.data["user_pct"], 30);
  EXPECT_EQ(findings.data["idle_pct"], 70);
  EXPECT_EQ(findings.data["iowait_pct"], 0);
  EXPECT_EQ(findings.data["context_switches_per_sec"], 0);
}

TEST(CpuPart, HasNoSharesOfNoTime) {
  const Host host("cpu");
  const Findings findings = host.window(make_cpu, [] {});
  EXPECT_FALSE(findings.data.contains("user_pct"));
  EXPECT_FALSE(findings.data.contains("per_cpu"));
  EXPECT_EQ(findings.data["context_switches_per_sec"], 0);
}

TEST(CpuPart, SaysThatItCannotReadItsFile) {
  const Host host("cpu");
  host.remove("proc");
  const Findings findings = host.window(make_cpu, [] {});
  EXPECT_TRUE(findings.data.empty()) << findings.data;
  EXPECT_THAT(findings.errors,
              ElementsAre(EndsWith("/proc/stat: no line \"cpu\" that can be read")));
}

TEST(CpuPart, SamplesTheIntervalsOfTheWindow) {
  const Host host("cpu");
  const auto stat = [&](int user, int idle) {
    host.put("proc/stat", "cpu  " + std::to_string(user) + " 0 0 " + std::to_string(idle) + " 0\n");
  };
  const auto at = [](int ms) { return std::chrono::milliseconds(ms); };
  const auto part = make_cpu(host.options());
  stat(0, 0);
  part->start(at(0));
  stat(10, 90);
  part->sample(at(1000));
  part->sample(at(1001));  // too soon after the last one to tell anything
  stat(60, 140);
  part->sample(at(2000));
  stat(150, 150);
  const Findings findings = part->stop(at(3000));
  EXPECT_EQ(findings.data["user_pct"], 50);
  EXPECT_EQ(findings.data["samples"]["user_pct"].dump(),
            R"({"n":3,"min":10.0,"max":90.0,"mean":50.0,"p50":50.0,"p90":90.0,"p99":90.0})");
}

TEST(CpuPart, HasNoSampleOfAnIntervalThatIsTooShort) {
  const Host host("cpu");
  const auto part = make_cpu(host.options());
  part->start(std::chrono::milliseconds(0));
  host.become("after");
  part->sample(std::chrono::milliseconds(1000));
  const Findings findings = part->stop(std::chrono::milliseconds(1099));
  EXPECT_EQ(findings.data["samples"]["user_pct"]["n"], 1);
}

}  // namespace
}  // namespace melisai::plugins::procfs
