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

TEST(HostProfiles, AnotherDurationMovesTheTimeoutToo) {
  const HostProfile longer = with_duration(built_in("quick"), 45s);
  EXPECT_EQ(longer.duration, 45s);
  EXPECT_EQ(longer.timeout, 65s);
  EXPECT_EQ(with_duration(built_in("quick"), 2s).timeout, 22s);
}

TEST(HostProfiles, FocusSelectsCategoriesOfTools) {
  HostProfile profile;
  EXPECT_TRUE(is_in_focus(profile, "disk")) << "no focus is all";
  profile.focus = {"network"};
  EXPECT_TRUE(is_in_focus(profile, "network"));
  EXPECT_FALSE(is_in_focus(profile, "disk"));
  profile.focus = {"stacks"};
  EXPECT_TRUE(is_in_focus(profile, "stacktrace"));
  EXPECT_FALSE(is_in_focus(profile, "cpu"));
  profile.focus = {"network", "all"};
  EXPECT_TRUE(is_in_focus(profile, "cpu"));
}

}  // namespace
}  // namespace melisai::host_profile_test
