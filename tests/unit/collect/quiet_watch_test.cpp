#include "tests/unit/collect/collect_fixture.h"

namespace melisai::collect {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class SetClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return time; }
  std::chrono::system_clock::time_point now() const override { return {}; }
  std::chrono::nanoseconds time{0};
};

// Reports 0.5, 1.5, 2.5 ... other CPUs in its windows, and writes down whom it discounts.
constexpr char kQuiet[] = R"(
name = 'quiet'
watches = True
metrics = [dict(name='other_cpu', unit='count', better='lower', tier=4)]
windows = 0
def start(m):
    with open(__file__ + '.starts', 'a') as file: print(m['root_pid'], file=file)
    send('started', id=m['id'])
def stop(m):
    global windows
    sample(m['id'], other_cpu=windows + 0.5)
    windows += 1
    send('stopped', id=m['id'])
)";

class QuietWatchTest : public CollectFixture {
 protected:
  std::string reading(QuietWatch& watch) {
    const auto finding = watch.reading();
    return finding ? finding->reason : "nothing";
  }
  SetClock watch_clock_;
};

TEST_F(QuietWatchTest, ReadsAtMostOnceASecond) {
  add("quiet", kQuiet);
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  watch_clock_.time = milliseconds(999);
  EXPECT_EQ(reading(watch), "nothing");
  watch_clock_.time = milliseconds(1'000);
  EXPECT_EQ(reading(watch), "other processes used 0.50 CPUs");
  watch_clock_.time = milliseconds(1'999);
  EXPECT_EQ(reading(watch), "nothing");
  watch_clock_.time = milliseconds(2'000);
  EXPECT_EQ(reading(watch), "other processes used 1.50 CPUs");
}

TEST_F(QuietWatchTest, TheLastReadingIsAsShortAsItIs) {
  add("quiet", kQuiet);
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  EXPECT_EQ(watch.last_reading()->reason, "other processes used 0.50 CPUs");
  EXPECT_FALSE(watch.last_reading());
}

TEST_F(QuietWatchTest, AQuietWindowIsAFindingWithoutReason) {
  add("quiet", kQuiet);
  options_.disturbed_other_cpu = 1;
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  const auto finding = watch.last_reading();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->reason, "");
}

TEST_F(QuietWatchTest, DiscountsOurselves) {
  add("quiet", kQuiet);
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  EXPECT_EQ(process_test::read_all(path("plugins/quiet.starts")), std::to_string(getpid()) + "\n");
}

TEST_F(QuietWatchTest, WithoutAWatchingCollectorItSaysNothing) {
  add("plain");
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  watch_clock_.time = milliseconds(5'000);
  EXPECT_EQ(reading(watch), "nothing");
  EXPECT_FALSE(watch.last_reading());
}

TEST_F(QuietWatchTest, OnlyWatchingCollectorsAreAsked) {
  add("quiet", kQuiet);
  add("plain", "def start(m): crash()\n");
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  EXPECT_TRUE(watch.last_reading());
  EXPECT_EQ(result("plain").status, CollectorStatus::ok);
}

TEST_F(QuietWatchTest, AProfilingWindowEndsThatOfTheWatch) {
  add("quiet", kQuiet);
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  EXPECT_THAT(texts(window()), ElementsAre("quiet.other_cpu=1"));
  watch_clock_.time = milliseconds(1'000);
  EXPECT_EQ(reading(watch), "nothing");  // what it would say was not measured
  EXPECT_EQ(watch.last_reading()->reason, "other processes used 2.50 CPUs");
  EXPECT_EQ(result("quiet").status, CollectorStatus::ok);
}

TEST_F(QuietWatchTest, ACrashLosesOneReadingAndTheNextComes) {
  add("quiet", std::string(kQuiet) + "if first_launch:\n    def stop(m): crash()\n");
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  watch_clock_.time = milliseconds(1'000);
  EXPECT_EQ(reading(watch), "") << "nothing is known, but the window is over";
  EXPECT_EQ(watch.last_reading()->reason, "other processes used 0.50 CPUs");
  EXPECT_EQ(result("quiet").restarts, 1);
}

TEST_F(QuietWatchTest, CanBeSwitchedOff) {
  add("quiet", kQuiet);
  options_.watch = false;
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  watch_clock_.time = milliseconds(5'000);
  EXPECT_EQ(reading(watch), "nothing");
  EXPECT_FALSE(watch.last_reading());
}

TEST_F(QuietWatchTest, ASlowReadingTakesNoMoreThanASecondFromThePairs) {
  add("quiet", std::string(kQuiet) + "def stop(m): hang()\n");
  options_.stop_max = milliseconds(60'000);
  QuietWatch watch(load(), options_, watch_clock_);
  watch.begin();
  watch_clock_.time = milliseconds(1'000);
  const auto start = SystemClock().monotonic();
  EXPECT_EQ(reading(watch), "");
  EXPECT_LT(SystemClock().monotonic() - start, milliseconds(20'000)) << "nor a minute";
  EXPECT_EQ(result("quiet").status, CollectorStatus::timed_out);
  EXPECT_EQ(result("quiet").reason, "did not answer 'stop' within 1 s");
}

}  // namespace
}  // namespace melisai::collect
