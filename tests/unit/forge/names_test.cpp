#include "core/forge/names.h"

#include <gtest/gtest.h>

#include "core/forge/forge.h"

namespace melisai::forge {
namespace {

TEST(Logins, AreWhatForgesGive) {
  for (const std::string login : {"a", "octocat", "Mona-Lisa", "x_company", "first.last", "-old",
                                  "trailing-", "0", "dependabot[bot]", "a..b"})
    EXPECT_TRUE(is_login(login)) << login;
  EXPECT_TRUE(is_login(std::string(100, 'a')));
}

TEST(Logins, AreNothingThatLeadsElsewhere) {
  for (const std::string login :
       {"",        ".",           "..",  "...",       "../../x", "a/b", "a\\b", "%2e%2e",
        "a%2fb",   "a b",         "a?b", "a#b",       "a;b",     "a:b", "a@b",  "[bot]",
        "a[bot]x", "a[bot][bot]", "a\n", "a\r\nX: y", "a\x7f",   "ä",   "\xff", "..[bot]"})
    EXPECT_FALSE(is_login(login)) << login;
  EXPECT_FALSE(is_login(std::string("a\0b", 3)));
  EXPECT_FALSE(is_login(std::string(101, 'a')));
}

TEST(PercentEncoded, LeavesWhatAPathTakesEverywhere) {
  EXPECT_EQ(percent_encoded("AZaz09.-_~"), "AZaz09.-_~");
  EXPECT_EQ(percent_encoded("group/sub/name"), "group%2Fsub%2Fname");
  EXPECT_EQ(percent_encoded("a[bot]"), "a%5Bbot%5D");
  EXPECT_EQ(percent_encoded("%2e ?#\xff\n"), "%252e%20%3F%23%FF%0A");
}

TEST(Repositories, HaveAnOwner) {
  for (const Kind kind : {Kind::github, Kind::gitlab, Kind::gitea}) {
    for (const std::string name : {"o/n", "Mona-Lisa/hello.world", "o/.github", "_/_"})
      EXPECT_TRUE(is_repository(kind, name)) << name;
    for (const std::string name :
         {"", "/", "n", "o/", "/n", "o//n", "o/..", "../n", "o/.", "o/n/", "/o/n", "o/n?x=1",
          "o/n#x", "o/n x", "o/%2e%2e", "o\\n/x", "o/n\n", "o/../../user", "ö/n"})
      EXPECT_FALSE(is_repository(kind, name)) << name;
  }
}

TEST(Repositories, HaveGroupsOfGroupsOnGitLabAlone) {
  EXPECT_TRUE(is_repository(Kind::gitlab, "group/sub/subsub/name"));
  EXPECT_FALSE(is_repository(Kind::gitlab, "group/../name"));
  EXPECT_FALSE(is_repository(Kind::github, "group/sub/name"));
  EXPECT_FALSE(is_repository(Kind::gitea, "group/sub/name"));
  std::string long_name = "g";
  while (long_name.size() < 500) long_name += "/" + std::string(99, 'x');
  EXPECT_FALSE(is_repository(Kind::gitlab, long_name));
}

TEST(AccountOf, IsWhatTheConfigurationSays) {
  WatchedProject project{.name = "demo", .webhook = {.secret = "s", .repository = "team/demo"}};
  EXPECT_FALSE(account_of(project));
  project.forge = ForgeAccess{.kind = ForgeKind::gitea,
                              .api = "https://h/api/v1",
                              .token = "t",
                              .ca_file = "/ca",
                              .allow_private = true,
                              .timeout = Milliseconds(3)};
  const auto found = account_of(project);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, Kind::gitea);
  EXPECT_EQ(found->api, "https://h/api/v1");
  EXPECT_EQ(found->token, "t");
  EXPECT_EQ(found->repository, "team/demo");
  EXPECT_EQ(found->ca_file, "/ca");
  EXPECT_TRUE(found->allow_private);
  EXPECT_EQ(found->timeout, Milliseconds(3));
}

}  // namespace
}  // namespace melisai::forge
