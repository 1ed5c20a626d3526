// The logic of the collector `quiet`, on a /proc and a /sys made up here.
#include <gmock/gmock.h>
#include <unistd.h>

#include "plugins/quiet/machine.h"
#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr TreeTime kNoTree{0, 0};

// Ticks in one second of one CPU.
const std::int64_t kHertz = sysconf(_SC_CLK_TCK);

// One second on two CPUs, of which one was busy.
struct Window {
  MachineReading before{.time_ns = kSecond,
                        .own_cpu_ns = 500,
                        .busy_ticks = 1000,
                        .steal_ticks = 10,
                        .idle_ticks = 2000};
  MachineReading after{.time_ns = 2 * kSecond,
                       .own_cpu_ns = 500,
                       .busy_ticks = 1000 + kHertz,
                       .steal_ticks = 10,
                       .idle_ticks = 2000 + kHertz};
  std::map<std::string, double, std::less<>> numbers(std::optional<TreeTime> tree = kNoTree) const {
    return by_name(differences(before, after, tree));
  }
};

TEST(OtherCpu, IsInCpus) { EXPECT_DOUBLE_EQ(Window().numbers().at("other_cpu"), 1.0); }

TEST(OtherCpu, LeavesOutTheTreeAndTheWorker) {
  Window window;
  window.after.own_cpu_ns += kSecond / 4;
  EXPECT_THAT(window.numbers(TreeTime{30, 30 + kHertz / 2}).at("other_cpu"),
              DoubleNear(0.25, 1e-9));
}

TEST(OtherCpu, IsNeverNegative) {
  EXPECT_EQ(Window().numbers(TreeTime{0, 2 * kHertz}).at("other_cpu"), 0);
}

TEST(OtherCpu, NeedsTheTree) {
  const auto numbers = Window().numbers(std::nullopt);
  EXPECT_THAT(numbers, ElementsAre(Pair("steal", 0)));
}

TEST(Ticks, SayNothingAboutAShortWindow) {
  Window window;
  window.after.time_ns = window.before.time_ns + kSecond / 10 - 1;
  EXPECT_THAT(window.numbers(), IsEmpty());
  window.after.time_ns += 1;
  EXPECT_THAT(window.numbers(), ElementsAre(Key("other_cpu"), Key("steal")));
}

TEST(Steal, IsAPartOfAllCpuTime) {
  Window window;
  window.after.steal_ticks = 10 + kHertz / 2;
  window.after.idle_ticks = 2000 + kHertz / 2;
  EXPECT_DOUBLE_EQ(window.numbers().at("steal"), 0.25);
}

TEST(Ticks, ThatGoBackwardsDoNotCount) {
  Window window;
  window.after.steal_ticks = 3;
  window.after.busy_ticks = 900;
  const auto numbers = window.numbers();
  EXPECT_EQ(numbers.at("steal"), 0);
  EXPECT_EQ(numbers.at("other_cpu"), 0);
  window.after.idle_ticks = 0;
  EXPECT_THAT(window.numbers(), ElementsAre(Key("other_cpu")));  // no CPU time at all
}

TEST(Pressure, IsAPartOfTheWindow) {
  Window window;
  window.before.cpu_stalled_us = 100;
  window.after.cpu_stalled_us = 250'100;
  window.before.memory_stalled_us = 7;
  window.after.memory_stalled_us = 3;
  window.before.io_stalled_us = 0;
  window.after.io_stalled_us = 1'000'050;
  const auto numbers = window.numbers();
  EXPECT_DOUBLE_EQ(numbers.at("cpu_pressure"), 0.25);
  EXPECT_EQ(numbers.at("memory_pressure"), 0);
  EXPECT_EQ(numbers.at("io_pressure"), 1);
}

TEST(CpuLine, IsTheFirstLine) {
  MachineReading reading;
  EXPECT_TRUE(parse_cpu_line("cpu  1 20 300 4000 50000 6 70 800 9 9\ncpu0 1 1 1 1\n", reading));
  EXPECT_EQ(reading.busy_ticks, 1 + 20 + 300 + 6 + 70);
  EXPECT_EQ(reading.idle_ticks, 54000);
  EXPECT_EQ(reading.steal_ticks, 800);
}

TEST(CpuLine, IsRefusedWhenItIsNone) {
  for (const char* bad : {"", "cpu 1 2 3\n", "cpu0 1 20 300 4000 50000 6 70 800 9 9\n",
                          "cpu 1 2 3 4 5 6 7 x\n", "intr 1 2 3 4 5 6 7 8 9\n"}) {
    MachineReading reading;
    EXPECT_FALSE(parse_cpu_line(bad, reading)) << bad;
    EXPECT_FALSE(reading.busy_ticks) << bad;
  }
}

TEST(Frequency, CountsOnlyWhenItDrops) {
  Window window;
  EXPECT_THAT(window.numbers(), Not(::testing::Contains(Key("frequency_drop"))));
  window.before.frequency_khz = 4'000'000;
  window.after.frequency_khz = 3'000'000;
  EXPECT_DOUBLE_EQ(window.numbers().at("frequency_drop"), 0.25);
  std::swap(window.before.frequency_khz, window.after.frequency_khz);
  EXPECT_EQ(window.numbers().at("frequency_drop"), 0);
}

TEST(Throttling, IsAddedUpPerCpu) {
  Window window;
  window.before.throttle_counts = {5, 100, -1, 3};  // the third CPU was away
  window.after.throttle_counts = {7, 0, 900, 4};    // the second one was reset
  EXPECT_EQ(window.numbers().at("throttled"), 3);
}

class MachineTest : public ProcFixture {
 protected:
  void put_machine() const {
    put_proc("stat", "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n");
    put_proc("loadavg", "0.25 0.18 0.12 3/80 11206\n");
    for (const char* name : {"cpu", "memory", "io"})
      put_proc(std::string("pressure/") + name,
               "some avg10=0.00 avg60=0.00 avg300=0.00 total=20\n"
               "full avg10=0.00 avg60=0.00 avg300=0.00 total=10\n");
    put(sys() + "/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1500000\n");
    put(sys() + "/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "2500000\n");
    put(sys() + "/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "4\n");
    put(sys() + "/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count", "0\n");
  }
};

TEST_F(MachineTest, ReadsEverythingThatIsThere) {
  put_machine();
  const MachineReading reading = Machine(proc(), sys()).read();
  EXPECT_THAT(lacks(reading), IsEmpty());
  EXPECT_EQ(reading.busy_ticks, 1 + 2 + 3 + 6 + 7);
  EXPECT_EQ(reading.cpu_stalled_us, 20);
  EXPECT_EQ(reading.memory_stalled_us, 10);
  EXPECT_EQ(reading.io_stalled_us, 10);
  EXPECT_EQ(reading.load, 0.25);
  EXPECT_EQ(reading.running, 3);
  EXPECT_EQ(reading.frequency_khz, 2'500'000);
  EXPECT_THAT(reading.throttle_counts, ElementsAre(4, 0));
  EXPECT_GT(reading.own_cpu_ns, 0);
}

TEST_F(MachineTest, SeesWhatChanges) {
  put_machine();
  const Machine machine(proc(), sys());
  const MachineReading before = machine.read();
  put_proc("stat", "cpu  101 2 3 4 5 6 7 8 0 0\n");
  put_proc("loadavg", "9.50 0.18 0.12 1/80 11206\n");
  put(sys() + "/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count", "2\n");
  const MachineReading after = machine.read();
  EXPECT_EQ(*after.busy_ticks - *before.busy_ticks, 100);
  EXPECT_GE(after.time_ns, before.time_ns);
  const auto numbers = by_name(differences(before, after, kNoTree));
  EXPECT_EQ(numbers.at("throttled"), 2);
  EXPECT_EQ(numbers.at("load"), 9.5);
  EXPECT_EQ(numbers.at("running"), 0);  // the reader does not count
}

TEST_F(MachineTest, NamesWhatIsMissing) {
  put_proc("stat", "cpu  1 2 3 4 5 6 7 8 0 0\n");
  put_proc("pressure/memory", "some avg10=0.00 total=20\n");  // kernels before 5.13
  put_proc("loadavg", "much\n");
  const MachineReading reading = Machine(proc(), sys()).read();
  EXPECT_EQ(reading.memory_stalled_us, 20);
  EXPECT_THAT(lacks(reading), ElementsAre("/proc/pressure/cpu", "/proc/pressure/io",
                                          "/proc/loadavg", "cpufreq/scaling_cur_freq of any CPU",
                                          "thermal_throttle/core_throttle_count of any CPU"));
  EXPECT_THAT(by_name(differences(reading, reading, kNoTree)), IsEmpty());
}

TEST_F(MachineTest, KeepsThePlaceOfACpuThatGoesAway) {
  put_machine();
  const Machine machine(proc(), sys());
  put(sys() + "/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "");
  put(sys() + "/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "");
  put(sys() + "/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "0\n");
  const MachineReading reading = machine.read();
  EXPECT_THAT(reading.throttle_counts, ElementsAre(-1, 0));
  EXPECT_EQ(reading.frequency_khz, std::nullopt);
}

}  // namespace
}  // namespace melisai::plugins
