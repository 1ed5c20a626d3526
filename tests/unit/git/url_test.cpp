#include "core/git/url.h"

#include <gtest/gtest.h>

#include "tests/injections.h"

namespace melisai::git {
namespace {

struct UrlRow {
  const char* name;
  const char* url;
  bool by_default;  ///< accepted with neither http nor local paths allowed
  bool with_all;    ///< accepted with both allowed
};

class ValidateUrl : public testing::TestWithParam<UrlRow> {};

TEST_P(ValidateUrl, FollowsThePolicy) {
  const UrlRow& row = GetParam();
  EXPECT_EQ(validate_url(row.url, {}).has_value(), row.by_default);
  EXPECT_EQ(validate_url(row.url, {.allow_http = true, .allow_local = true}).has_value(),
            row.with_all);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ValidateUrl,
    testing::Values(UrlRow{"Https", "https://example.com/a.git", true, true},
                    UrlRow{"HttpsUpperCase", "HTTPS://example.com/a.git", true, true},
                    UrlRow{"HttpsPortAndUser", "https://me:pw@example.com:8443/a", true, true},
                    UrlRow{"Ssh", "ssh://git@example.com:22/a.git", true, true},
                    UrlRow{"SshIpv6", "ssh://git@[::1]:22/a.git", true, true},
                    UrlRow{"Scp", "git@example.com:org/a.git", true, true},
                    UrlRow{"ScpWithoutUser", "example.com:a.git", true, true},
                    UrlRow{"Http", "http://example.com/a.git", false, true},
                    UrlRow{"File", "file:///srv/a.git", false, true},
                    UrlRow{"Path", "/srv/a b.git", false, true},
                    UrlRow{"PathWithColonLater", "/srv/a:b", false, true},
                    UrlRow{"FileWithHost", "file://host/srv/a.git", false, false},
                    UrlRow{"RelativePath", "../a.git", false, false},
                    UrlRow{"Empty", "", false, false},
                    UrlRow{"GitProtocol", "git://example.com/a.git", false, false},
                    UrlRow{"Ftp", "ftp://example.com/a.git", false, false},
                    UrlRow{"TransportHelper", "ext::sh -c touch% /tmp/x", false, false},
                    UrlRow{"FdHelper", "fd::17", false, false},
                    UrlRow{"HelperAroundHttps", "https::https://example.com/a", false, false},
                    UrlRow{"Option", "--upload-pack=touch /tmp/x", false, false},
                    UrlRow{"OptionShort", "-u", false, false},
                    UrlRow{"SshHostOption", "ssh://-oProxyCommand=touch/a", false, false},
                    UrlRow{"SshUserOption", "ssh://-oProxyCommand=x@example.com/a", false, false},
                    UrlRow{"SshHostOptionAfterUser", "ssh://git@-oProxyCommand=x/a", false, false},
                    UrlRow{"ScpHostOption", "git@-oProxyCommand=x:a", false, false},
                    UrlRow{"ScpPathOption", "git@example.com:-x", false, false},
                    UrlRow{"ScpEmptyPath", "git@example.com:", false, false},
                    UrlRow{"NoHost", "https:///a.git", false, false},
                    UrlRow{"OnlyPort", "https://:80/a.git", false, false},
                    UrlRow{"HostWithBlank", "https://exa mple.com/a", false, false},
                    UrlRow{"HostWithShell", "https://$(touch x)/a", false, false},
                    UrlRow{"Newline", "https://example.com/a\nb", false, false},
                    UrlRow{"Delete", "/srv/\x7f", false, false}),
    [](const auto& instance) { return instance.param.name; });

TEST(Url, OfACommitIsRefusedWhenItIsHostile) {
  for (const std::string& url :
       injections("git_urls.txt", {{"executed", "/tmp/executed"}, {"secret", "/etc/passwd"}}))
    EXPECT_FALSE(validate_url(url, {}).has_value()) << shown(url);
}

TEST(Url, LongerThanTwoThousandBytesIsRefused) {
  const std::string start = "https://example.com/";
  EXPECT_TRUE(validate_url(start + std::string(2000 - start.size(), 'a'), {}).has_value());
  EXPECT_FALSE(validate_url(start + std::string(2001 - start.size(), 'a'), {}).has_value());
}

TEST(Url, MessagesNameTheAddressWithoutItsPassword) {
  const auto result = validate_url("git://me:secret@example.com/a", {});
  EXPECT_EQ(
      result.error().message,
      "the address 'git://example.com/a' has a scheme that is not supported: use https or ssh");
}

TEST(Url, LocalAreFileAndPaths) {
  for (const char* url : {"/srv/a", "file:///srv/a", "FILE:///srv/a", "../a", "./a:b", "."}) {
    EXPECT_TRUE(is_local_url(url)) << url;
  }
  for (const char* url : {"https://h/a", "ssh://h/a", "git@h:a", "h:a", "ext::sh", "x://y"}) {
    EXPECT_FALSE(is_local_url(url)) << url;
  }
}

struct RelativeRow {
  const char* base;
  const char* url;
  const char* resolved;  ///< "" when it must be refused
};

TEST(Url, RelativeAddressesResolveAsInGit) {
  for (const RelativeRow& row : {
           RelativeRow{"https://h/org/super.git", "../lib.git", "https://h/org/lib.git"},
           RelativeRow{"https://h/org/super.git/", "../lib.git", "https://h/org/lib.git"},
           RelativeRow{"https://h/org/super.git", "../../other/lib.git", "https://h/other/lib.git"},
           RelativeRow{"https://h/org/super.git", "./lib.git", "https://h/org/super.git/lib.git"},
           RelativeRow{"https://u:p@h/org/super.git", "../lib.git", "https://u:p@h/org/lib.git"},
           RelativeRow{"https://h/super.git", "../../lib.git", ""},
           RelativeRow{"https://h", "../lib.git", ""},
           RelativeRow{"git@h:org/super.git", "../lib.git", "git@h:org/lib.git"},
           RelativeRow{"git@h:super.git", "../lib.git", "git@h:lib.git"},
           RelativeRow{"git@h:super.git", "../../evil:lib.git", ""},
           RelativeRow{"/srv/super", "../lib", "/srv/lib"},
           RelativeRow{"/super", "../lib", "/lib"},
           RelativeRow{"/super", "../../lib", ""},
           RelativeRow{"file:///srv/super", "../lib", "file:///srv/lib"},
           RelativeRow{"https://h/org/super.git", "https://other/lib", "https://other/lib"},
           RelativeRow{"https://h/org/super.git", "lib", "lib"},
       }) {
    const auto resolved = resolve_relative_url(row.base, row.url);
    EXPECT_EQ(resolved ? *resolved : "", row.resolved) << row.base << " + " << row.url;
  }
}

TEST(GitUrl, WebServersHaveAPort) {
  EXPECT_EQ(web_port("https://host/x"), 443);
  EXPECT_EQ(web_port("HTTP://host"), 80);
  EXPECT_EQ(web_port("https://host:8443/x:1"), 8443);
  EXPECT_EQ(web_port("https://user:pass@host/x"), 443);
  EXPECT_EQ(web_port("https://user:70@host:71/x"), 71);
  EXPECT_EQ(web_port("https://[::1]/x"), 443);
  EXPECT_EQ(web_port("https://[::1]:8443/x"), 8443);
  EXPECT_EQ(web_port("https://host?x:5"), 443);
  for (const char* other : {"ssh://host:22/x", "git@host:x", "/path", "file:///x", ""})
    EXPECT_EQ(web_port(other), std::nullopt) << other;
}

TEST(GitUrl, SecretsGoOverHttpsOrStayOnThisMachine) {
  for (const char* url : {"https://host/x", "HTTPS://me@host:8443/x", "http://127.0.0.1:80/x",
                          "http://localhost/x", "http://[::1]/x", "http://me@[::1]:8080/x"})
    EXPECT_TRUE(may_carry_token(url)) << url;
  for (const char* url :
       {"http://host/x", "http://127.0.0.1.evil.org/x", "http://localhost@evil/x",
        "http://127.0.0.1:80@evil/x", "ssh://localhost/x", "git@localhost:x", "/srv/x", ""})
    EXPECT_FALSE(may_carry_token(url)) << url;
}

TEST(GitUrl, LocalOnesStandForAPath) {
  EXPECT_EQ(local_path("/srv/a%20b"), "/srv/a%20b");
  EXPECT_EQ(local_path("file:///srv/a%20b"), "/srv/a b");
  EXPECT_EQ(local_path("FILE:///srv/%C3%bc"), "/srv/\xC3\xBC");
  EXPECT_EQ(local_path("file:///srv/100%"), "/srv/100%");
  EXPECT_EQ(local_path("file:///srv/%2"), "/srv/%2");
  EXPECT_EQ(local_path("file:///srv/%zz%-1"), "/srv/%zz%-1");
}

TEST(GitUrl, PathsStandForLocalOnes) {
  EXPECT_EQ(file_url("/srv/a-b_c.d~e/F"), "file:///srv/a-b_c.d~e/F");
  EXPECT_EQ(file_url("/srv/a:b %41#\xC3\xBC"), "file:///srv/a%3Ab%20%2541%23%C3%BC");
  EXPECT_EQ(local_path(file_url("/srv/a:b %41#\xC3\xBC\n")), "/srv/a:b %41#\xC3\xBC\n");
}

TEST(Url, IsOfTheSameServer) {
  const std::string ours = "https://bot:pw@forge.example/team/app.git";
  for (const char* theirs : {"https://forge.example/team/lib.git", "HTTPS://Forge.Example:443/x",
                             "https://bot:pw@forge.example/team/lib.git"})
    EXPECT_TRUE(is_same_server(theirs, ours)) << theirs;
  for (const char* theirs :
       {"http://forge.example/x", "https://forge.example:8443/x", "https://forge.example.evil/x",
        "https://evil.example/forge.example", "https://evil.example?x@forge.example/x",
        "https://forge.example@evil.example/x", "https://me@forge.example/x",
        "ssh://forge.example/x", "git@forge.example:x", "/srv/x", "file:///srv/x"})
    EXPECT_FALSE(is_same_server(theirs, ours)) << theirs;
  EXPECT_FALSE(is_same_server("/srv/x", "/srv/y"));
  EXPECT_FALSE(is_same_server("https://forge.example/x", ""));
}

}  // namespace
}  // namespace melisai::git
