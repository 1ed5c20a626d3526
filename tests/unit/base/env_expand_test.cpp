#include "core/base/env_expand.h"

#include <gtest/gtest.h>

#include <map>

namespace melisai {
namespace {

// "error: ..." when it fails.
std::string expand_text(std::string_view text) {
  const std::map<std::string, std::string> variables = {
      {"NAME", "value"}, {"EMPTY", ""}, {"TRAP", "${NAME} $$ : {yaml}"}, {"_x1", "y"}};
  const EnvLookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  const Result<std::string> expanded = EnvExpander(lookup).expand(text);
  return expanded ? *expanded : "error: " + expanded.error().message;
}

TEST(EnvExpand, ReplacesVariables) {
  EXPECT_EQ(expand_text("${NAME}"), "value");
  EXPECT_EQ(expand_text("a${NAME}b${_x1}"), "avalueby");
  EXPECT_EQ(expand_text("${env:NAME}"), "value");
  EXPECT_EQ(expand_text("${EMPTY}"), "");
}

TEST(EnvExpand, UsesTheDefaultOfAnUnsetOrEmptyVariable) {
  EXPECT_EQ(expand_text("${NO_SUCH:-d}"), "d");
  EXPECT_EQ(expand_text("${EMPTY:-d}"), "d");
  EXPECT_EQ(expand_text("${NAME:-d}"), "value");
  EXPECT_EQ(expand_text("${NO_SUCH:-}"), "");
  EXPECT_EQ(expand_text("${env:NO_SUCH:-a:-b $x}"), "a:-b $x");
}

TEST(EnvExpand, KnowsWhatIsPrivateByItsName) {
  for (const char* name : {"token", "API_TOKEN", "Password", "npm_passwd", "WEBHOOK_SECRET",
                           "AWS_CREDENTIALS", "MY_API_KEY", "apikey"})
    EXPECT_TRUE(names_private(name)) << name;
  for (const char* name : {"", "PATH", "CACHE_KEY", "PASS", "url"})
    EXPECT_FALSE(names_private(name)) << name;
}

TEST(EnvExpand, LeavesOtherDollarsAlone) {
  EXPECT_EQ(expand_text("$NAME $1 $ 5$"), "$NAME $1 $ 5$");
  EXPECT_EQ(expand_text("$$"), "$");
  EXPECT_EQ(expand_text("$${NAME} $$$$"), "${NAME} $$");
  EXPECT_EQ(expand_text(""), "");
}

TEST(EnvExpand, NeverExpandsWhatAVariableContains) {
  EXPECT_EQ(expand_text("${TRAP}"), "${NAME} $$ : {yaml}");
}

TEST(EnvExpand, NamesAnUnsetVariable) {
  EXPECT_EQ(
      expand_text("x${NO_SUCH}"),
      "error: environment variable 'NO_SUCH' is not set; set it or write ${NO_SUCH:-default}");
}

TEST(EnvExpand, RefusesWhatIsNoReference) {
  for (const char* text : {"${", "a${NAME", "${}", "${1A}", "${A B}", "${secret:X}", "${NAME-d}",
                           "${${NAME}}", "${:-x}"})
    EXPECT_TRUE(expand_text(text).starts_with("error: ")) << text;
}

TEST(EnvExpand, LimitsWhatOneFileCanGrowTo) {
  const EnvLookup lookup = [](const std::string&) {
    return std::optional<std::string>(std::string(400, 'x'));
  };
  EnvExpander expander(lookup, 1000);
  EXPECT_TRUE(expander.expand("${A}${A}"));
  const Result<std::string> third = expander.expand("${A}");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::limit);
}

TEST(EnvExpand, KnowsNamesOfVariables) {
  EXPECT_TRUE(is_env_name("PATH"));
  EXPECT_TRUE(is_env_name("_a1"));
  EXPECT_FALSE(is_env_name(""));
  EXPECT_FALSE(is_env_name("1A"));
  EXPECT_FALSE(is_env_name("A=B"));
  EXPECT_FALSE(is_env_name("A\n"));
  EXPECT_FALSE(is_env_name("\xC3\x84"));
  EXPECT_FALSE(is_env_name(std::string(201, 'A')));
}

TEST(EnvExpand, GivesSecretsOnlyWhereTheyAreAllowed) {
  const EnvLookup nothing = [](const std::string&) { return std::nullopt; };
  EnvExpander expander(nothing);
  EXPECT_FALSE(expander.expand("${secret:KEY}"));
  expander.allow_secrets([](const std::string& name) -> Result<std::string> {
    if (name == "KEY") return std::string("hunter2 $$ ${NAME}");
    return Error{Errc::config, "no such secret"};
  });
  EXPECT_EQ(*expander.expand("a ${secret:KEY} b"), "a hunter2 $$ ${NAME} b");
  EXPECT_EQ(*expander.expand_around_secrets("a $$ ${secret:KEY} b"), "a $ ${secret:KEY} b");
  EXPECT_EQ(expander.expand_around_secrets("${secret:OTHER}").error().message, "no such secret");
  EXPECT_FALSE(expander.expand("${secret:KEY:-default}"));
  EXPECT_TRUE(names_secret("x${secret:KEY}"));
  EXPECT_FALSE(names_secret("${SECRET}"));
}

}  // namespace
}  // namespace melisai
