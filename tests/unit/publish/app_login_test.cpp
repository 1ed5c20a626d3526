// The login of a GitHub App. The key is of this test alone.
#include "core/publish/app_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "core/publish/rs256.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/unit/publish/fake_forge.h"

namespace melisai::publish {
namespace app_login_test {

using ::testing::HasSubstr;
using testing::json;
using ::testing::Not;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key fresh_key(int bits = 2048) {
  return {EVP_RSA_gen(static_cast<unsigned int>(bits)), EVP_PKEY_free};
}

std::string pem_of(const Key& key, const char* passphrase = nullptr) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key.get(),
                           passphrase == nullptr ? nullptr : EVP_aes_128_cbc(), nullptr, 0, nullptr,
                           const_cast<char*>(passphrase));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// Made once: that takes a while.
const Key& a_key() {
  static const Key key = fresh_key();
  return key;
}

bool is_signed_by(const Key& key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

std::string from_base64url(const std::string& text) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned int bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 6U) | static_cast<unsigned int>(letters.find(c));
    if ((count += 6) < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 255U);
  }
  return out;
}

TEST(AppLogin, WritesBase64WithoutPadding) {
  // RFC 4648, section 10, in the alphabet of section 5.
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xff\xef\xbe"), "_---");
}

TEST(AppLogin, SignsWhoItIsForTenMinutes) {
  const Key& key = a_key();
  const FakeClock clock;
  const Result<std::string> jwt =
      app_jwt({.id = "Iv23abc", .private_key = pem_of(key)}, clock.now());
  ASSERT_TRUE(jwt) << jwt.error().message;
  const std::size_t first = jwt->find('.');
  const std::size_t second = jwt->find('.', first + 1);
  EXPECT_EQ(json::parse(from_base64url(jwt->substr(0, first))),
            json({{"alg", "RS256"}, {"typ", "JWT"}}));
  const json claims = json::parse(from_base64url(jwt->substr(first + 1, second - first - 1)));
  EXPECT_EQ(claims, json({{"iss", "Iv23abc"}, {"iat", 1'789'999'940}, {"exp", 1'790'000'540}}));
  EXPECT_LE(claims["exp"].get<int>() - claims["iat"].get<int>(), 600);  // more is refused
  EXPECT_TRUE(is_signed_by(key, jwt->substr(0, second), from_base64url(jwt->substr(second + 1))));
}

TEST(AppLogin, TakesNoKeyThatIsNone) {
  const FakeClock clock;
  for (const std::string& pem :
       {std::string(), std::string("no key"),
        std::string("-----BEGIN RSA PRIVATE KEY-----\nsecret"), pem_of(fresh_key(1024)),
        pem_of(a_key(), "passphrase"), pem_of({EVP_EC_gen("P-256"), EVP_PKEY_free})}) {
    const Result<std::string> jwt = app_jwt({.id = "7", .private_key = pem}, clock.now());
    ASSERT_FALSE(jwt);
    EXPECT_EQ(jwt.error().code, Errc::config);
    EXPECT_THAT(jwt.error().message, Not(HasSubstr("secret")));
  }
  EXPECT_FALSE(app_jwt({.id = "7\", \"iss\": \"8", .private_key = pem_of(a_key())}, clock.now()));
}

class Installation : public ::testing::Test {
 protected:
  Result<InstallationToken> ask(std::initializer_list<Result<HttpAnswer>> answers) {
    client_.scripted = answers;
    return installation_token(
        {.api = "https://api.github.com", .token = "", .repository = "team/demo"}, app_,
        {.client = client_, .clock = clock_, .interrupt = interrupt_});
  }
  static HttpAnswer said(int status, const json& body) {
    return {.status = status, .headers = {}, .body = body.dump()};
  }
  FakeHttpClient client_;
  FakeClock clock_;
  Interrupt interrupt_;
  App app_{.id = "7", .private_key = pem_of(a_key())};
};

TEST_F(Installation, GetsATokenForOneRepository) {
  const auto token = ask({said(200, {{"id", 42}}),
                          said(201, {{"token", "ghs_x"}, {"expires_at", "2026-11-22T10:00:00Z"}})});
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->token, "ghs_x");
  EXPECT_EQ(token->expires_at, "2026-11-22T10:00:00Z");
  ASSERT_EQ(client_.sent.size(), 2u);
  EXPECT_EQ(client_.sent[0].url, "https://api.github.com/repos/team/demo/installation");
  EXPECT_EQ(client_.sent[1].url, "https://api.github.com/app/installations/42/access_tokens");
  EXPECT_EQ(json::parse(client_.sent[1].body),
            json({{"repositories", {"demo"}},
                  {"permissions", {{"checks", "write"}, {"pull_requests", "write"}}}}));
}

TEST_F(Installation, SaysWhereTheAppIsNotInstalled) {
  const auto token = ask({said(404, {})});
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Errc::config);
  EXPECT_THAT(token.error().message, HasSubstr("install it there"));
}

TEST_F(Installation, TakesNoAnswerThatHoldsNoToken) {
  EXPECT_EQ(ask({said(200, {{"id", "../x"}})}).error().code, Errc::parse);
  EXPECT_EQ(ask({said(200, {{"id", 42}}), said(201, {{"token", "two\nlines"}})}).error().code,
            Errc::parse);
  const auto refused = ask({said(200, {{"id", 42}}), said(422, {})});
  EXPECT_EQ(refused.error().code, Errc::config);
}

}  // namespace app_login_test
}  // namespace melisai::publish
