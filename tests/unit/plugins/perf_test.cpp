// The collector perf without a kernel: what is counted, scaled and said for each answer that
// perf_event_open() may give.
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "plugins/perf/counters.h"
#include "plugins/perf/options.h"
#include "plugins/perf/report.h"
#include "plugins/perf/targets.h"

namespace melisai::plugins::perf {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::optional<Count> total(std::vector<Reading> readings) { return total_of(readings); }

TEST(PerfScaling, LeavesAloneWhatCountedAllTheTime) {
  const auto count = total({{.value = 7, .enabled_ns = 50, .running_ns = 50}});
  ASSERT_TRUE(count);
  EXPECT_EQ(count->value, 7);
  EXPECT_EQ(count->share, 1);
}

TEST(PerfScaling, MakesUpForTheTimeThatItDidNotCount) {
  const auto count = total({{.value = 30, .enabled_ns = 400, .running_ns = 100}});
  ASSERT_TRUE(count);
  EXPECT_EQ(count->value, 120);
  EXPECT_EQ(count->share, 0.25);
}

TEST(PerfScaling, ScalesEachPlaceByItsOwnShare) {
  const auto count = total({{.value = 10, .enabled_ns = 100, .running_ns = 50},
                            {.value = 10, .enabled_ns = 100, .running_ns = 100},
                            {.value = 0, .enabled_ns = 0, .running_ns = 0}});
  ASSERT_TRUE(count);
  EXPECT_EQ(count->value, 30);
  EXPECT_EQ(count->share, 0.75);
}

TEST(PerfScaling, OfWhatNeverCountedIsNoZero) {
  EXPECT_FALSE(total({{.value = 0, .enabled_ns = 100, .running_ns = 0}}));
  EXPECT_FALSE(total({{.value = 5, .enabled_ns = 100, .running_ns = 100},
                      {.value = 0, .enabled_ns = 100, .running_ns = 0}}));
  EXPECT_FALSE(total({{.value = 0, .enabled_ns = 0, .running_ns = 0}}));
  EXPECT_FALSE(total({}));
}

/// A descriptor that reads as a counter does.
int counter_of(const Reading& reading) {
  const int fd = memfd_create("counter", MFD_CLOEXEC);
  EXPECT_EQ(pwrite(fd, &reading, sizeof reading, 0), static_cast<ssize_t>(sizeof reading));
  return fd;
}

/// Errno of an event, 0: it counts `reading`.
using Answer = std::function<int(const perf_event_attr&, const Place&)>;
std::map<std::string, Counters::Result> counted(const Target& target, const Answer& answer,
                                                Reading reading = {1, 1, 1}) {
  const Counters counters(target, 2, [&](perf_event_attr attributes, const Place& place) {
    const int refused = answer(attributes, place);
    return refused != 0 ? -refused : counter_of(reading);
  });
  std::map<std::string, Counters::Result> results;
  for (Counters::Result& result : counters.read())
    results.emplace(result.event->metric, std::move(result));
  return results;
}
const Target kTree{.scope = Scope::tree, .places = {{.pid = 77}}};

TEST(PerfEvents, WithoutHardwareCountersAreThoseOfSoftware) {
  const auto results = counted(kTree, [](const perf_event_attr& attributes, const Place&) {
    return attributes.type == PERF_TYPE_HARDWARE ? ENOENT : 0;
  });
  EXPECT_EQ(results.at("instructions_user").reason, "this machine shows no such hardware counter");
  EXPECT_TRUE(results.at("page_faults_user").count);
  EXPECT_TRUE(results.at("context_switches").count);
  std::vector<Counters::Result> list;
  for (const auto& [name, result] : results) list.push_back(result);
  for (const Number& number : numbers_of(list)) EXPECT_NE(number.name, "counted_share");
}

// At kernel.perf_event_paranoid 2: an event of the kernel would read 0, were it opened without it.
TEST(PerfEvents, OfTheKernelAreNotCountedWithoutTheKernel) {
  const auto results = counted(kTree, [](const perf_event_attr& attributes, const Place&) {
    return attributes.exclude_kernel != 0 ? 0 : EACCES;
  });
  for (const char* name :
       {"context_switches", "cpu_migrations", "page_faults_kernel", "instructions_kernel"}) {
    EXPECT_FALSE(results.at(name).count) << name;
    EXPECT_EQ(results.at(name).reason,
              "needs CAP_PERFMON, or kernel.perf_event_paranoid of 1 or less (2 here)");
  }
  for (const char* name : {"instructions_user", "task_clock", "minor_faults_user"})
    EXPECT_TRUE(results.at(name).count) << name;
}

TEST(PerfEvents, OfATreeBeginWithItsProgramAndFollowItsChildren) {
  counted(kTree, [](const perf_event_attr& attributes, const Place& place) {
    EXPECT_EQ(place.pid, 77);
    EXPECT_EQ(place.cpu, -1);
    EXPECT_TRUE(attributes.disabled && attributes.enable_on_exec && attributes.inherit);
    return 0;
  });
}

TEST(PerfEvents, OfTheHostCountOnEveryCpuOrNotAtAll) {
  const Target host{.scope = Scope::host, .places = {{.cpu = 0}, {.cpu = 1}}};
  const auto results = counted(
      host,
      [](const perf_event_attr& attributes, const Place& place) {
        EXPECT_FALSE(attributes.disabled || attributes.enable_on_exec || attributes.inherit);
        const bool is_switch = attributes.type == PERF_TYPE_SOFTWARE &&
                               attributes.config == PERF_COUNT_SW_CONTEXT_SWITCHES;
        return is_switch && place.cpu == 1 ? EACCES : 0;
      },
      {.value = 20, .enabled_ns = 2, .running_ns = 1});
  EXPECT_EQ(results.at("instructions_user").count->value, 80);
  EXPECT_EQ(results.at("instructions_user").count->share, 0.5);
  EXPECT_FALSE(results.at("context_switches").count);
  EXPECT_THAT(results.at("context_switches").reason, HasSubstr("paranoid of 0 or less"));
  EXPECT_FALSE(results.at("task_clock").count) << "it would be the time itself";
}

TEST(PerfEvents, OfProcessesDoWithoutThreadsThatHaveEnded) {
  const Target processes{.scope = Scope::processes, .places = {{.pid = 5}, {.pid = 6}}};
  const auto one = counted(processes, [](const perf_event_attr&, const Place& place) {
    return place.pid == 5 ? ESRCH : 0;
  });
  EXPECT_EQ(one.at("task_clock").count->value, 1);
  const auto none = counted(processes, [](const perf_event_attr&, const Place&) { return ESRCH; });
  EXPECT_EQ(none.at("task_clock").reason, "what it should count of has ended");
}

TEST(PerfEvents, SayWhyTheyAreRefused) {
  const Event& event = events().front();
  EXPECT_THAT(why_not(event, Scope::tree, EACCES, 4), HasSubstr("paranoid of 2 or less (4 here)"));
  EXPECT_THAT(why_not(event, Scope::tree, EPERM, 1), HasSubstr("seccomp"));
  EXPECT_THAT(why_not(event, Scope::host, EPERM, -1), HasSubstr("although"));
  EXPECT_THAT(why_not(event, Scope::tree, EBUSY, 1), HasSubstr("somebody else"));
  EXPECT_THAT(why_not(event, Scope::tree, EIO, 1), HasSubstr("Input/output error"));
}

TEST(PerfReport, NamesWhatItLacksAndHowMuchIsExtrapolated) {
  std::vector<Counters::Result> results;
  for (const Event& event : events()) {
    Counters::Result& result = results.emplace_back(Counters::Result{.event = &event});
    if (event.metric == "cycles_user")
      result.count = Count{.value = 8, .share = 0.5};
    else if (event.metric == "instructions_user")
      result.count = Count{.value = 9, .share = 0.75};
    else if (event.metric == "task_clock")
      result.count = Count{.value = 10};
    else
      result.reason = "why";
  }
  const json part = json::parse(part_of(Scope::tree, results));
  EXPECT_FALSE(part.contains("errors"));
  EXPECT_EQ(part["data"]["scope"], "tree");
  EXPECT_EQ(part["data"]["task_clock_ns"], 10);
  EXPECT_EQ(part["data"]["counted_share_ratio"],
            json({{"cycles_user", 0.5}, {"instructions_user", 0.75}}));
  EXPECT_EQ(part["data"]["unavailable"]["context_switches"], "why");
  EXPECT_FALSE(part["data"].contains("context_switches"));
  double share = 1;
  for (const Number& number : numbers_of(results))
    if (number.name == "counted_share") share = number.value;
  EXPECT_EQ(share, 0.5);

  for (Counters::Result& result : results) result = {.event = result.event, .reason = "why"};
  EXPECT_EQ(json::parse(part_of(Scope::host, results))["errors"], json({"unavailable: why"}));
  EXPECT_EQ(json::parse(part_without(Scope::cgroup, "x"))["errors"], json({"unavailable: x"}));
}

TEST(PerfTargets, ReadListsOfCpus) {
  EXPECT_THAT(parse_cpus("0-2,4\n"), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(parse_cpus("3"), ElementsAre(3));
  for (const char* text : {"", "x", "0-", "-1", "0-99999999", "1,y"})
    EXPECT_THAT(parse_cpus(text), IsEmpty()) << text;
}

TEST(PerfOptions, TakeWhatTheGateSays) {
  const Options options = parse_options(R"({"pids":[5],"cgroups":["/x"],"max_events":9})");
  EXPECT_THAT(options.pids, ElementsAre(5));
  EXPECT_THAT(options.cgroups, ElementsAre("/x"));
  EXPECT_FALSE(options.other_root);
  EXPECT_TRUE(parse_options(R"({"proc_root":"/x"})").other_root);
  for (const char* text : {"[]", R"({"pids":[0]})", R"({"pids":1})", R"({"cgroups":[1]})",
                           R"({"pids":[18446744073709551615]})"})
    EXPECT_THROW(parse_options(text), std::invalid_argument) << text;
}

TEST(PerfTargets, OfAnotherMachineAreNone) {
  EXPECT_THAT(find_target(0, {.other_root = true}).problem, HasSubstr("this machine only"));
  EXPECT_THAT(find_target(0, {.pids = {(1 << 22)}}).problem, HasSubstr("none of the processes"));
  EXPECT_THAT(find_target(0, {.cgroups = {"/no-such-cgroup"}}).problem, HasSubstr("hierarchy"));
  EXPECT_EQ(find_target(77, {.pids = {1}}).target.scope, Scope::tree);
}

}  // namespace
}  // namespace melisai::plugins::perf
