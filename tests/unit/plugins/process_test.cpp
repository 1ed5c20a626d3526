// The logic of the collector `process`, on a /proc made up here.
#include <gmock/gmock.h>
#include <unistd.h>

#include "plugins/process/options.h"
#include "plugins/process/root_usage.h"
#include "plugins/process/tree_sampler.h"
#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Pair;

constexpr std::int64_t kRoot = 100;

std::string io_text(int rchar, int wchar, int read_bytes, int write_bytes) {
  return "rchar: " + std::to_string(rchar) + "\nwchar: " + std::to_string(wchar) +
         "\nsyscr: 1\nsyscw: 2\nread_bytes: " + std::to_string(read_bytes) +
         "\nwrite_bytes: " + std::to_string(write_bytes) + "\ncancelled_write_bytes: 5\n";
}

class RootUsageTest : public ProcFixture {
 protected:
  std::string root() const { return proc() + "/100"; }
};

TEST_F(RootUsageTest, IsWhatWasUsedSinceTheStart) {
  put_process({.stat = {.process = kRoot, .minor_faults = 40, .user = 1, .system = 2}});
  put_proc("100/io", io_text(10, 20, 30, 40));
  const RootUsage usage(root());
  put_process({.stat = {.process = kRoot,
                        .state = 'Z',
                        .minor_faults = 50,
                        .children_minor_faults = 7,
                        .major_faults = 1,
                        .children_major_faults = 2,
                        .user = 11,
                        .system = 12,
                        .children_user = 5,
                        .children_system = 3}});
  put_proc("100/io", io_text(110, 220, 330, 440));
  const double tick = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_THAT(
      by_name(usage.since_start()),
      ElementsAre(Pair("cpu_time", 28 * tick), Pair("major_faults", 3), Pair("minor_faults", 17),
                  Pair("rchar", 100), Pair("read_bytes", 300), Pair("system_time", 13 * tick),
                  Pair("user_time", 15 * tick), Pair("wchar", 200), Pair("write_bytes", 400)));
}

TEST_F(RootUsageTest, LeavesOutWhatCannotBeRead) {
  put_process({.stat = {.process = kRoot}});
  const RootUsage usage(root());
  EXPECT_TRUE(usage.readable());
  EXPECT_FALSE(usage.io_readable());
  EXPECT_THAT(by_name(usage.since_start()),
              ElementsAre(Key("cpu_time"), Key("major_faults"), Key("minor_faults"),
                          Key("system_time"), Key("user_time")));
  const RootUsage nobody(proc() + "/101");
  EXPECT_FALSE(nobody.readable());
  EXPECT_THAT(nobody.since_start(), ::testing::IsEmpty());
}

TEST_F(RootUsageTest, NeverGoesBelowZero) {
  put_process({.stat = {.process = kRoot, .minor_faults = 40, .user = 9}});
  put_proc("100/io", io_text(10, 20, 30, 40));
  const RootUsage usage(root());
  put_process({.stat = {.process = kRoot, .minor_faults = 4, .user = 1}});
  put_proc("100/io", io_text(1, 2, 3, 4));
  for (const Number& number : usage.since_start()) EXPECT_EQ(number.value, 0) << number.name;
}

TEST(ProcessOptions, TakeOnlyATruthValue) {
  EXPECT_TRUE(parse_process_options("").trace_exit);
  EXPECT_TRUE(parse_process_options(R"({"sample_interval_ms":5})").trace_exit);
  EXPECT_FALSE(parse_process_options(R"({"trace_exit":false})").trace_exit);
  EXPECT_THROW(parse_process_options(R"({"trace_exit":0})"), std::invalid_argument);
  EXPECT_THROW(parse_process_options("[]"), std::invalid_argument);
}

TEST(RunDelay, IsTheSecondFieldWhereTheKernelCounts) {
  EXPECT_EQ(parse_run_delay("2495326 7846627 11\n"), 7846627);
  EXPECT_EQ(parse_run_delay("0 0 0\n"), std::nullopt);
  EXPECT_EQ(parse_run_delay("12\n"), std::nullopt);
  EXPECT_EQ(parse_run_delay(""), std::nullopt);
}

class TreeSamplerTest : public ProcFixture {
 protected:
  // root 100 -> 101 (three threads) -> 102
  void put_tree(bool lists_children = true) const {
    put_process({.stat = {.process = kRoot, .resident_pages = 10},
                 .peak_kib = 100,
                 .run_delays = {{100, 1000}},
                 .children = "101 "},
                lists_children);
    put_process({.stat = {.process = 101, .parent = kRoot, .threads = 3, .resident_pages = 200},
                 .peak_kib = 900,
                 .other_threads = {111, 112},
                 .run_delays = {{101, 10}, {111, 20}, {112, 30}},
                 .children = "102 "},
                lists_children);
    put_process({.stat = {.process = 102, .parent = 101, .resident_pages = 3000},
                 .peak_kib = 500,
                 .run_delays = {{102, 7}}},
                lists_children);
    put_process({.stat = {.process = 200, .parent = 1, .threads = 50, .resident_pages = 90000},
                 .peak_kib = 100'000},
                lists_children);
  }
  void put_zombie_root() const { put_process({.stat = {.process = kRoot, .state = 'Z'}}); }
};

const double kPage = static_cast<double>(sysconf(_SC_PAGESIZE));

TEST_F(TreeSamplerTest, AddsUpTheTreeAndNothingElse) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 400);
  sampler.sample();
  EXPECT_THAT(by_name(sampler.result(1500)),
              ElementsAre(Pair("peak_rss", 900 * 1024), Pair("processes_max", 3),
                          Pair("run_delay", 10 + 20 + 30 + 7 + 1500 - 400), Pair("samples", 1),
                          Pair("threads_max", 5), Pair("tree_rss_max", 3210 * kPage)));
}

TEST_F(TreeSamplerTest, FollowsParentsWhereTheKernelHasNoListOfChildren) {
  put_tree(false);
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  const auto numbers = by_name(sampler.result(0));
  EXPECT_EQ(numbers.at("processes_max"), 3);
  EXPECT_EQ(numbers.at("threads_max"), 5);
}

TEST_F(TreeSamplerTest, KeepsTheLargestValues) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_process({.stat = {.process = 101, .parent = kRoot, .resident_pages = 5}, .peak_kib = 800});
  remove_process(102);
  sampler.sample();
  put_zombie_root();
  remove_process(101);
  sampler.sample();
  const auto numbers = by_name(sampler.result(0));
  EXPECT_EQ(numbers.at("processes_max"), 3);
  EXPECT_EQ(numbers.at("threads_max"), 5);
  EXPECT_EQ(numbers.at("tree_rss_max"), 3210 * kPage);
  EXPECT_EQ(numbers.at("peak_rss"), 900 * 1024);
  EXPECT_EQ(numbers.at("samples"), 2);
}

TEST_F(TreeSamplerTest, KeepsTheDelayOfThreadsThatEnded) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_process({.stat = {.process = 101, .parent = kRoot}, .run_delays = {{101, 40}}});
  remove_process(102);
  std::filesystem::remove_all(proc() + "/101/task/111");
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(1000)).at("run_delay"), 40 + 20 + 30 + 7 + 1000);
}

TEST_F(TreeSamplerTest, CountsTheDelayOfTheRootOnce) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_zombie_root();
  remove_process(101);
  remove_process(102);
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(5000)).at("run_delay"), 10 + 20 + 30 + 7 + 5000);
}

TEST_F(TreeSamplerTest, TellsTwoOwnersOfOneThreadNumberApart) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_process({.stat = {.process = 102, .parent = 101}, .run_delays = {{102, 3}}});
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(0)).at("run_delay"), 10 + 20 + 30 + 7 + 3);
}

TEST_F(TreeSamplerTest, KeepsAProcessWhoseParentIsGone) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_process({.stat = {.process = kRoot, .resident_pages = 10}});
  remove_process(101);
  put_process({.stat = {.process = 102, .parent = 1, .resident_pages = 4000}, .children = "103"});
  put_process({.stat = {.process = 103, .parent = 102, .resident_pages = 5000}});
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(0)).at("tree_rss_max"), 9010 * kPage);
}

TEST_F(TreeSamplerTest, LetsAStrangerWithAKnownNumberGo) {
  put_tree();
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  put_process({.stat = {.process = kRoot, .resident_pages = 10}});
  remove_process(101);
  put_process({.stat = {.process = 102, .parent = 1, .start = 6000, .resident_pages = 4000}});
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(0)).at("tree_rss_max"), 3210 * kPage);
}

TEST_F(TreeSamplerTest, WithoutALookSaysOnlyWhatTheRootTells) {
  put_zombie_root();
  TreeSampler sampler(proc(), kRoot, 100);
  EXPECT_THAT(by_name(sampler.result(300)),
              ElementsAre(Pair("run_delay", 200), Pair("samples", 0)));
  sampler.sample();
  EXPECT_THAT(by_name(sampler.result(std::nullopt)), ElementsAre(Pair("samples", 0)));
}

TEST_F(TreeSamplerTest, SaysNothingOfMemoryThatIsGone) {
  put_process({.stat = {.process = kRoot, .resident_pages = 0}});
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  EXPECT_THAT(by_name(sampler.result(std::nullopt)),
              ElementsAre(Pair("processes_max", 1), Pair("samples", 1), Pair("threads_max", 1)));
}

TEST_F(TreeSamplerTest, TakesAPeakThatIsKnownOtherwise) {
  put_zombie_root();
  TreeSampler unseen(proc(), kRoot, 0);
  unseen.saw_peak(700);
  EXPECT_THAT(by_name(unseen.result(std::nullopt)),
              ElementsAre(Pair("peak_rss", 700 * 1024), Pair("samples", 0)));
  put_tree();
  TreeSampler seen(proc(), kRoot, 0);
  seen.sample();
  seen.saw_peak(700);
  EXPECT_EQ(by_name(seen.result(0)).at("peak_rss"), 900 * 1024);
  seen.saw_peak(1000);
  EXPECT_EQ(by_name(seen.result(0)).at("peak_rss"), 1000 * 1024);
}

TEST_F(TreeSamplerTest, EndsInACircle) {
  put_process({.stat = {.process = kRoot}, .children = "101"});
  put_process({.stat = {.process = 101, .parent = kRoot}, .children = "100 101 x -5 102"});
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(0)).at("processes_max"), 2);
}

TEST_F(TreeSamplerTest, StopsAtItsLimit) {
  std::string children;
  for (int child = 1000; child < 1000 + static_cast<int>(kProcessesMax) + 10; ++child) {
    put_proc(std::to_string(child) + "/stat", stat_line({.process = child, .parent = kRoot}));
    children += std::to_string(child) + " ";
  }
  put_process({.stat = {.process = kRoot}, .children = children});
  TreeSampler sampler(proc(), kRoot, 0);
  sampler.sample();
  sampler.sample();
  EXPECT_EQ(by_name(sampler.result(0)).at("processes_max"), kProcessesMax);
}

}  // namespace
}  // namespace melisai::plugins
