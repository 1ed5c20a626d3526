#include "core/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/fakes/hasty_clock.h"

namespace melisai {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Preflight, ReadsWhatTheKernelCounts) {
  const auto proc = TemporaryDirectory::make(::testing::TempDir(), "proc");
  ASSERT_TRUE(make_directories(proc->path() + "/pressure"));
  ASSERT_TRUE(write_file(proc->path() + "/stat",
                         "cpu  100 20 30 400 50 6 4 7 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"));
  ASSERT_TRUE(write_file(proc->path() + "/pressure/memory",
                         "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull x\n"));
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const HostCounters counters = read_host_counters(proc->path());
  EXPECT_DOUBLE_EQ(counters.busy_cpu_seconds, 160 / ticks);
  EXPECT_DOUBLE_EQ(counters.stolen_cpu_seconds, 7 / ticks);
  EXPECT_DOUBLE_EQ(counters.all_cpu_seconds, 617 / ticks);
  EXPECT_DOUBLE_EQ(counters.memory_stall_seconds, 2.5);
  EXPECT_DOUBLE_EQ(counters.io_stall_seconds, 0) << "a kernel without PSI";
  EXPECT_DOUBLE_EQ(read_host_counters(proc->path() + "/none").all_cpu_seconds, 0);
}

TEST(Preflight, NamesWhatPassesALevel) {
  const CollectOptions levels{.disturbed_other_cpu = 0.2, .disturbed_pressure = 0.1};
  const HostCounters before;
  EXPECT_EQ(disturbance_between(before, {.busy_cpu_seconds = 0.3}, 2, levels), "");
  EXPECT_THAT(disturbance_between(before, {.busy_cpu_seconds = 0.5}, 2, levels),
              HasSubstr("other processes used 0.25 CPUs"));
  EXPECT_THAT(disturbance_between(before, {.io_stall_seconds = 1}, 2, levels),
              HasSubstr("waited 50 % of the time for I/O"));
  EXPECT_THAT(
      disturbance_between(before, {.stolen_cpu_seconds = 1, .all_cpu_seconds = 4}, 2, levels),
      HasSubstr("the hypervisor took 25.0 %"));
}

class QuietWait : public ::testing::Test {
 protected:
  class Notes final : public ProgressSink {
   public:
    void stage_started(const std::string&, const std::string&) override {}
    void stage_finished(const StageResult&) override {}
    void pair_finished(const PairProgress&) override {}
    void note(const std::string& sentence) override { all.push_back(sentence); }
    void waits_for(const std::string& what) override { waits.push_back(what); }
    std::vector<std::string> all;
    std::vector<std::string> waits;  // "": it is over
  };
  /// A machine that uses a whole CPU for its first `readings`.
  Step<std::string> wait_on_machine_busy_for(int readings, Milliseconds wait) {
    double busy = 0;
    return wait_for_quiet(wait, {}, world_, [&, left = readings]() mutable {
      if (left-- > 0) busy += 1;
      return HostCounters{.busy_cpu_seconds = busy, .all_cpu_seconds = 2 * busy};
    });
  }

  HastyClock clock_;
  FakeProcessRunner processes_;
  Notes notes_;
  bool interrupted_ = false;
  World world_{.clock = clock_,
               .processes = processes_,
               .progress = notes_,
               .env = {},
               .open_repo = {},
               .interrupted = [this] { return interrupted_; },
               .plugins = {}};
};

TEST_F(QuietWait, IsOneLookAtAQuietMachine) {
  const Step<std::string> noise = wait_on_machine_busy_for(0, 1h);
  ASSERT_TRUE(noise);
  EXPECT_EQ(*noise, "");
  EXPECT_TRUE(notes_.all.empty());
}

TEST_F(QuietWait, EndsWhenTheMachineBecomesQuietAndTellsOnce) {
  const Step<std::string> noise = wait_on_machine_busy_for(4, 1h);
  ASSERT_TRUE(noise);
  EXPECT_EQ(*noise, "");
  ASSERT_EQ(notes_.all.size(), 1u);
  EXPECT_THAT(notes_.all[0], HasSubstr("waiting for a quiet machine: other processes used"));
  ASSERT_EQ(notes_.waits.size(), 2u);
  EXPECT_THAT(notes_.waits[0], HasSubstr("a quiet machine: other processes used"));
  EXPECT_EQ(notes_.waits[1], "") << "it is over";
}

TEST_F(QuietWait, EndsAtItsLimitWithWhatDisturbs) {
  const Step<std::string> noise = wait_on_machine_busy_for(1000, 3s);
  ASSERT_TRUE(noise);
  EXPECT_THAT(*noise, HasSubstr("other processes used"));
}

TEST_F(QuietWait, EndsWithAnInterrupt) {
  interrupted_ = true;
  const Step<std::string> noise = wait_on_machine_busy_for(1000, 1h);
  ASSERT_FALSE(noise);
  EXPECT_EQ(noise.error().code, ReasonCode::interrupted);
}

}  // namespace
}  // namespace melisai
