#include "core/model/host_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::host_profile_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HostProfile built_in(const std::string& name) { return *find_profile(name, {}); }

TEST(HostProfiles, QuickStandardAndDeepAreThoseOfMelisai) {
  const HostProfile quick = built_in("quick");
  EXPECT_EQ(quick.duration, 10s);
  EXPECT_EQ(quick.sample_interval, 1s);
  EXPECT_EQ(quick.timeout, 30s);
  EXPECT_THAT(quick.tools, IsEmpty());
  EXPECT_THAT(quick.focus, IsEmpty());
  const HostProfile standard = built_in("standard");
  EXPECT_EQ(standard.duration, 30s);
  EXPECT_EQ(standard.sample_interval, 1s);
  EXPECT_EQ(standard.timeout, 90s);
  EXPECT_THAT(standard.tools, ElementsAre("runqlat", "biolatency", "tcpconnlat", "tcpretrans"));
  EXPECT_THAT(standard.focus, IsEmpty());
  const HostProfile deep = built_in("deep");
  EXPECT_EQ(deep.duration, 60s);
  EXPECT_EQ(deep.sample_interval, 1s);
  EXPECT_EQ(deep.timeout, 180s);
  EXPECT_THAT(deep.tools, ElementsAre("runqlat", "runqlen", "biolatency", "biosnoop", "tcpconnlat",
                                      "tcpretrans", "tcprtt", "profile", "offcputime", "cachestat",
                                      "execsnoop"));
  EXPECT_THAT(deep.focus, ElementsAre("stacks", "all"));
}

TEST(HostProfiles, OnesOwnComesBeforeABuiltInOne) {
  EXPECT_EQ(find_profile("quick", {{.name = "quick", .duration = 2s}})->duration, 2s);
}

TEST(HostProfiles, AnUnknownNameNamesThoseThatExist) {
  const Result<HostProfile> none = find_profile("quik", {{.name = "tiny"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::config);
  EXPECT_EQ(none.error().message,
            "there is no profile 'quik'; there are tiny, quick, standard, deep");
  EXPECT_EQ(find_profile("quik", {{.name = "quick"}}).error().message,
            "there is no profile 'quik'; there are quick, standard, deep")
      << "once, although there are two";
}

TEST(HostProfiles, AFocusIsACategoryOrAll) {
  for (const char* word : {"cpu", "memory", "disk", "network", "process", "system", "container",
                           "stacktrace", "stacks", "all"})
    EXPECT_EQ(focus_problem(word), "");
  EXPECT_THAT(focus_problem("netwrk"), HasSubstr("'netwrk'; there are cpu, memory, disk, network"));
  EXPECT_NE(focus_problem(""), "");
}

TEST(HostProfiles, AToolIsOneOfOursOrAPartOfACollectorHere) {
  const std::vector<CollectorResult> here = {
      {.name = "mine",
       .parts = {{.name = "locks", .category = "process", .tier = 2},
                 {.name = "counts", .category = "cpu", .tier = 1}}}};
  const auto problem = [&](const std::string& tool) {
    return tool_problem({.name = "own", .tools = {tool}, .focus = {}, .tools_at = "f:3:9"}, here);
  };
  EXPECT_EQ(problem("runqlat"), "") << "reported as unavailable where no collector has it";
  EXPECT_EQ(problem("locks"), "");
  EXPECT_THAT(
      problem("nosuch"),
      HasSubstr("f:3:9: 'tools': no collector here has a tool 'nosuch'; there are runqlat"));
  EXPECT_THAT(problem("nosuch"), HasSubstr("locks"));
  EXPECT_NE(problem("counts"), "") << "tier 1 always runs: naming it would mean nothing";
  const std::vector<CollectorResult> lost = {
      {.name = "mine", .status = CollectorStatus::timed_out, .reason = "no answer"}};
  EXPECT_EQ(tool_problem({.name = "own", .tools = {"locks"}, .focus = {}}, lost), "");
  for (const HostProfile& profile : built_in_profiles()) EXPECT_EQ(tool_problem(profile, {}), "");
}

TEST(HostProfiles, AnotherDurationMovesTheTimeoutToo) {
  const HostProfile longer = with_duration(built_in("quick"), 45s);
  EXPECT_EQ(longer.duration, 45s);
  EXPECT_EQ(longer.timeout, 65s);
  EXPECT_EQ(with_duration(built_in("quick"), 2s).timeout, 22s);
}

CollectorPart part(const std::string& name, const std::string& category, int tier) {
  return {.name = name, .category = category, .tier = tier};
}

TEST(HostProfiles, ProcIsReadInEveryProfile) {
  HostProfile profile{.tools = {}, .focus = {"network"}};
  EXPECT_TRUE(runs(profile, part("disk_stats", "disk", 1)));
  EXPECT_TRUE(runs(built_in("quick"), part("somebodys", "disk", 1)));
}

TEST(HostProfiles, OfTheHigherTiersOnlyNamedToolsRun) {
  for (const int tier : {2, 3}) {
    EXPECT_FALSE(runs(built_in("quick"), part("biolatency", "disk", tier)));
    EXPECT_TRUE(runs(built_in("standard"), part("biolatency", "disk", tier)));
    EXPECT_FALSE(runs(built_in("standard"), part("biosnoop", "disk", tier)));
    EXPECT_TRUE(runs(built_in("deep"), part("biosnoop", "disk", tier)));
    EXPECT_FALSE(runs(built_in("deep"), part("somebodys", "disk", tier)));
  }
}

TEST(HostProfiles, WhatMayTakeThePlaceOfAToolRunsWithIt) {
  EXPECT_TRUE(runs(built_in("deep"), part("profile_user", "stacktrace", 3)));
  EXPECT_FALSE(runs(built_in("standard"), part("profile_user", "stacktrace", 3)));
  EXPECT_TRUE(
      runs({.tools = {"profile_user"}, .focus = {}}, part("profile_user", "stacktrace", 3)));
  EXPECT_EQ(stand_in_of("runqlat"), "");
}

TEST(HostProfiles, FocusSelectsCategoriesOfTools) {
  HostProfile profile{.tools = {"tool"}, .focus = {}};
  const auto is_in_focus = [&](const std::string& category) {
    return runs(profile, part("tool", category, 2));
  };
  EXPECT_TRUE(is_in_focus("disk")) << "no focus is all";
  profile.focus = {"network"};
  EXPECT_TRUE(is_in_focus("network"));
  EXPECT_FALSE(is_in_focus("disk"));
  profile.focus = {"stacks"};
  EXPECT_TRUE(is_in_focus("stacktrace"));
  EXPECT_FALSE(is_in_focus("cpu"));
  profile.focus = {"network", "all"};
  EXPECT_TRUE(is_in_focus("cpu"));
}

}  // namespace
}  // namespace melisai::host_profile_test
