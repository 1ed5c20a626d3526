// Which arguments bubblewrap gets, and what a command sees of the environment.
#include "core/sandbox/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace melisai::sandbox {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;

const Binaries kBinaries{.bwrap = "/usr/bin/bwrap", .exec = "/usr/libexec/melisai-gate-exec"};

const std::string kTmpOfHost = "/w/tmp";

Layout debian() {
  return {.system = {{"/usr", ""}, {"/bin", "usr/bin"}, {"/etc", ""}, {"/opt", ""}},
          .secret_directories = {"/etc/ssl/private"},
          .secret_files = {"/etc/shadow"},
          .proc_directories = {"/proc/sys"},
          .proc_files = {"/proc/kcore"},
          .resolver = "/run/systemd/resolve/stub-resolv.conf",
          .real = {{"/var/lib/gate", {"/var/lib/gate"}},
                   {"/opt/gate", {"/opt/gate"}},
                   {"/home/ci/state", {"/home/ci/state"}}}};
}

Policy policy() { return {.hidden = {"/var/lib/gate"}, .workspace = "/var/lib/gate/workspace"}; }

/// Where those words stand one after the other; -1 when they do not.
long at(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
  const auto found = std::search(arguments.begin(), arguments.end(), words.begin(), words.end());
  return found == arguments.end() ? -1 : found - arguments.begin();
}

TEST(SandboxArguments, LeaveNothingOfTheHostButItsPrograms) {
  const std::vector<std::string> all = common_arguments(kBinaries, debian(), policy(), kTmpOfHost);
  EXPECT_EQ(all.front(), "/usr/bin/bwrap");
  for (const char* word : {"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net",
                           "--disable-userns", "--die-with-parent", "--new-session"})
    EXPECT_THAT(all, Contains(word));
  EXPECT_GE(at(all, {"--cap-drop", "ALL"}), 0);
  EXPECT_GE(at(all, {"--ro-bind", "/usr", "/usr"}), 0);
  EXPECT_GE(at(all, {"--symlink", "usr/bin", "/bin"}), 0);
  EXPECT_EQ(at(all, {"--ro-bind", "/", "/"}), -1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "--bind"), 1) << "only /tmp is writable for all";
}

TEST(SandboxArguments, CoverWhatIsNotForEverybodyAfterShowingWhereItLies) {
  const std::vector<std::string> all = common_arguments(kBinaries, debian(), policy(), kTmpOfHost);
  const long etc = at(all, {"--ro-bind", "/etc", "/etc"});
  EXPECT_GT(at(all, {"--ro-bind", "/dev/null", "/etc/shadow"}), etc);
  EXPECT_GT(at(all, {"--tmpfs", "/etc/ssl/private"}), etc);
  const long proc = at(all, {"--proc", "/proc"});
  EXPECT_GT(at(all, {"--ro-bind", "/dev/null", "/proc/kcore"}), proc);
  EXPECT_GT(at(all, {"--ro-bind", "/proc/sys", "/proc/sys"}), proc);
}

TEST(SandboxArguments, CoverTheStateDirectoryOnlyWhereItWouldBeSeen) {
  EXPECT_EQ(
      at(common_arguments(kBinaries, debian(), policy(), kTmpOfHost), {"--tmpfs", "/var/lib/gate"}),
      -1);
  Policy inside = policy();
  inside.hidden = {"/opt/gate"};
  const std::vector<std::string> all = common_arguments(kBinaries, debian(), inside, kTmpOfHost);
  EXPECT_GT(at(all, {"--tmpfs", "/opt/gate"}), at(all, {"--ro-bind", "/opt", "/opt"}));
  inside.paths = {"/home/ci"};
  inside.hidden = {"/home/ci/state"};
  const std::vector<std::string> opened = common_arguments(kBinaries, debian(), inside, kTmpOfHost);
  EXPECT_GT(at(opened, {"--tmpfs", "/home/ci/state"}),
            at(opened, {"--ro-bind", "/home/ci", "/home/ci"}));
}

TEST(SandboxArguments, CoverWhatIsHiddenByWhateverPathItIsSeen) {
  Layout layout = debian();
  layout.real = {{"/opt", {"/srv/opt"}},
                 {"/tools", {"/data/tools"}},
                 {"/srv/opt/gate", {"/srv/opt/gate"}},
                 {"/home/ci", {"/data/tools/ci"}},
                 {"/run/key", {"/data/tools/key", false}},
                 {"/run/inner", {"/data/tools/ci/inner", false}}};
  const Policy policy{
      .paths = {"/tools"},
      .hidden = {"/srv/opt/gate", "/home/ci", "/run/key", "/run/inner", "/opt/no-such-home"},
      .workspace = "/w"};
  const std::vector<std::string> all = common_arguments(kBinaries, layout, policy, kTmpOfHost);
  EXPECT_GE(at(all, {"--tmpfs", "/opt/gate"}), 0);
  const long tools = at(all, {"--ro-bind", "/tools", "/tools"});
  EXPECT_GT(at(all, {"--tmpfs", "/tools/ci"}), tools);
  EXPECT_GT(at(all, {"--ro-bind", "/dev/null", "/tools/key"}), tools);
  EXPECT_THAT(all, Not(Contains("/tools/ci/inner"))) << "what it lies in is covered";
  EXPECT_THAT(all, Not(Contains("/opt/no-such-home"))) << "bubblewrap could not cover it";
}

TEST(SandboxArguments, LimitWhatIsInMemory) {
  const std::vector<std::string> all = common_arguments(kBinaries, debian(), policy(), kTmpOfHost);
  const long shared = at(all, {"--size", "1073741824", "--tmpfs", "/dev/shm"});
  EXPECT_GT(shared, at(all, {"--dev", "/dev"}));
  EXPECT_GT(at(all, {"--remount-ro", "/dev"}), shared);
  EXPECT_EQ(std::count(all.begin(), all.end(), "--tmpfs"),
            std::count(all.begin(), all.end(), "--size"));
  Binaries old = kBinaries;
  old.can_forbid_namespaces = false;
  EXPECT_THAT(common_arguments(old, debian(), policy(), kTmpOfHost), Not(Contains("--size")));
}

TEST(SandboxArguments, GiveTheNetworkOnlyWhenAsked) {
  Policy open = policy();
  open.network = true;
  const std::vector<std::string> all = common_arguments(kBinaries, debian(), open, kTmpOfHost);
  EXPECT_THAT(all, Not(Contains("--unshare-net")));
  EXPECT_GE(at(all, {"--ro-bind", debian().resolver, debian().resolver}), 0);
  EXPECT_THAT(common_arguments(kBinaries, debian(), policy(), kTmpOfHost),
              Not(Contains(debian().resolver)));
}

TEST(SandboxArguments, MakeWritableWhatTheCommandOwnsAndNothingElse) {
  EXPECT_THAT(arguments_for({.home = "/w/home-0", .writable = {"/w/tree"}}),
              ElementsAre("--bind", "/w/home-0", "/melisai-home", "--bind", "/w/tree", "/w/tree",
                          "--remount-ro", "/"));
}

TEST(SandboxEnvironment, HasPrivateFoldersAndNoCacheOrProxyOfTheUser) {
  const Place place{.home = "/w/h", .writable = {"/w/tree", "/w/head"}};
  EXPECT_THAT(environment_for({"PATH=/usr/bin", "HOME=/home/ci", "CCACHE_DIR=/home/ci/.ccache",
                               "TMPDIR=/var/tmp", "http_proxy=http://user:word@proxy", "CI=true"},
                              policy(), place),
              ElementsAre("CI=true", "HOME=/melisai-home", "PATH=/usr/bin", "TMPDIR=/tmp"));
  EXPECT_THAT(environment_for({"TMPDIR=/w/head/tmp"}, policy(), place),
              Contains("TMPDIR=/w/head/tmp"));
  Policy open = policy();
  open.network = true;
  EXPECT_THAT(environment_for({"http_proxy=http://proxy"}, open, place),
              Contains("http_proxy=http://proxy"));
  EXPECT_THAT(environment_for({"HTTPS_PROXY=http://user:p@s/word@proxy:3128/",
                               "http_proxy=user:word@proxy", "no_proxy=a,b"},
                              open, place),
              IsSupersetOf({"HTTPS_PROXY=http://proxy:3128/", "http_proxy=proxy", "no_proxy=a,b"}));
}

TEST(SandboxPaths, AreBelowADirectoryNotBesideIt) {
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_TRUE(is_below("/a", "/a"));
  EXPECT_TRUE(is_below("/a/b", "/a/"));
  EXPECT_FALSE(is_below("/ab", "/a"));
}

}  // namespace
}  // namespace melisai::sandbox
