#include "tests/unit/trigger/webhook_fixture.h"

namespace melisai::trigger {
namespace webhook_signature_test {

const std::string kBody = "Hello, World!";
// GitHub's documentation gives this signature of kBody with kSecret.
const std::string kDocumented = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const std::string kHub = "X-Hub-Signature-256";
const std::string kGiteaHeader = "X-Gitea-Signature";
const std::string kToken = "X-Gitlab-Token";

bool matches(const Letter& letter, const std::string& secret = kSecret) {
  return is_signed(letter.delivery(), secret);
}

Letter github(const std::string& signature) {
  return {.forge = Forge::github, .headers = {{kHub, signature}}, .body = kBody};
}

TEST(WebhookSignature, IsThatOfGithubsDocumentation) {
  EXPECT_EQ(hmac_sha256(kSecret, kBody), kDocumented);
  EXPECT_TRUE(matches(github("sha256=" + kDocumented)));
}

TEST(WebhookSignature, AnyOtherIsRefused) {
  std::string changed = kDocumented;
  changed.back() = '8';
  std::string upper = kDocumented;
  upper[3] = 'A';
  for (const std::string& signature :
       {"sha256=" + changed, std::string("sha256="), std::string(), kDocumented,
        "sha1=" + kDocumented, "sha256=" + kDocumented + "0", "sha256=" + kDocumented.substr(1),
        "sha256= " + kDocumented, "SHA256=" + kDocumented,
        "sha256=" + kDocumented + ", sha256=" + kDocumented})
    EXPECT_FALSE(matches(github(signature))) << signature;
  EXPECT_FALSE(matches(github("sha256=" + upper)));
  EXPECT_FALSE(matches(github("sha256=" + kDocumented), "another secret"));
}

TEST(WebhookSignature, OneByteOfTheBodyCounts) {
  Letter letter = github("sha256=" + kDocumented);
  letter.body.back() = '?';
  EXPECT_FALSE(matches(letter));
}

TEST(WebhookSignature, IsOfAllBytes) {
  Letter letter = github("");
  letter.body = std::string("a\0b", 3);
  letter.headers = {{kHub, "sha256=" + hmac_sha256(kSecret, letter.body)}};
  EXPECT_TRUE(matches(letter));
  letter.body = std::string("a\0c", 3);
  EXPECT_FALSE(matches(letter));
}

TEST(WebhookSignature, WithoutASecretNothingMatches) {
  EXPECT_FALSE(matches(github("sha256=" + hmac_sha256("", kBody)), ""));
  EXPECT_FALSE(matches(
      github("sha256=" + hmac_sha256("the secret of a hook that does not exist", kBody)), ""));
  EXPECT_FALSE(matches({.forge = Forge::gitlab, .headers = {{kToken, ""}}, .body = kBody}, ""));
}

TEST(WebhookSignature, MissingOldAndSecondOnesAreRefused) {
  Letter letter = github("sha256=" + kDocumented);
  letter.headers.emplace(kHub, "sha256=" + kDocumented);
  EXPECT_FALSE(matches(letter)) << "two that are right";
  letter.headers = {{"X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}};
  EXPECT_FALSE(matches(letter)) << "SHA-1 only";
  letter.headers.clear();
  EXPECT_FALSE(matches(letter));
}

TEST(WebhookSignature, OfGiteaIsInEitherHeaderAndRightInBoth) {
  Letter letter{.forge = Forge::gitea, .headers = {{kGiteaHeader, kDocumented}}, .body = kBody};
  EXPECT_TRUE(matches(letter));
  letter.headers.emplace(kHub, "sha256=" + kDocumented);
  EXPECT_TRUE(matches(letter));
  letter.headers = {{kGiteaHeader, kDocumented}, {kHub, "sha256=" + hmac_sha256("x", kBody)}};
  EXPECT_FALSE(matches(letter));
  letter.headers = {{kHub, "sha256=" + kDocumented}};
  EXPECT_TRUE(matches(letter));
  // What Gitea sends without a secret.
  letter.headers = {{kGiteaHeader, ""}, {kHub, "sha256="}};
  EXPECT_FALSE(matches(letter));
  EXPECT_FALSE(matches(letter, ""));
  letter.headers = {{kGiteaHeader, "sha256=" + kDocumented}};
  EXPECT_FALSE(matches(letter)) << "of the other header";
}

TEST(WebhookSignature, OfGithubIsNotGiteas) {
  EXPECT_FALSE(
      matches({.forge = Forge::github, .headers = {{kGiteaHeader, kDocumented}}, .body = kBody}));
}

TEST(WebhookSignature, OfGitlabIsTheSecretItself) {
  Letter letter{.forge = Forge::gitlab, .headers = {{kToken, kSecret}}, .body = kBody};
  EXPECT_TRUE(matches(letter));
  letter.headers.emplace(kToken, kSecret);
  EXPECT_FALSE(matches(letter)) << "two";
  for (const std::string& token : {std::string(), kSecret + "x", kSecret.substr(1)})
    EXPECT_FALSE(matches({.forge = Forge::gitlab, .headers = {{kToken, token}}, .body = kBody}));
  letter.headers = {{kHub, "sha256=" + kDocumented}};
  EXPECT_FALSE(matches(letter));
}

TEST(WebhookSignature, OfAFormIsOfItsBytesForGithubAndOfItsJsonForGitea) {
  const std::string json = R"({"a": "b c"})";
  const std::string body = "payload=" + url_encoded(json);
  const auto form = [&](Forge forge, const std::string& header, const std::string& signed_text) {
    const std::string prefix = header == kHub ? "sha256=" : "";
    return Letter{.forge = forge,
                  .headers = {{header, prefix + hmac_sha256(kSecret, signed_text)}},
                  .body = body,
                  .form = true};
  };
  EXPECT_TRUE(matches(form(Forge::github, kHub, body)));
  EXPECT_FALSE(matches(form(Forge::github, kHub, json)));
  EXPECT_TRUE(matches(form(Forge::gitea, kGiteaHeader, json)));
  EXPECT_FALSE(matches(form(Forge::gitea, kGiteaHeader, body)));
  EXPECT_EQ(json_of(form(Forge::github, kHub, body).delivery()).value(), json);
}

TEST(WebhookSignature, AFormWithoutOnePayloadIsRefused) {
  for (const std::string body : {"", "a=b", "payload=%7", "payload=%zz", "payload=1&payload=1"}) {
    const Letter letter{.forge = Forge::gitea,
                        .headers = {{kGiteaHeader, hmac_sha256(kSecret, "")}},
                        .body = body,
                        .form = true};
    EXPECT_FALSE(matches(letter)) << body;
    EXPECT_FALSE(json_of(letter.delivery())) << body;
  }
  const Letter other{
      .forge = Forge::github, .headers = {}, .body = "a=b&payload=1&c", .form = true};
  EXPECT_EQ(json_of(other.delivery()).value(), "1");
}

}  // namespace webhook_signature_test
}  // namespace melisai::trigger
