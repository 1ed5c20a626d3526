#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <span>

#include "core/trigger/webhook.h"

namespace melisai::trigger {
namespace {

// Stands for a secret that is not there, so that its absence takes as long as a wrong one.
constexpr std::string_view kNobody = "the secret of a hook that does not exist";
constexpr std::string_view kToken = "X-Gitlab-Token";

struct SignatureHeader {
  std::string_view name;
  std::string_view prefix;
};
constexpr std::array<SignatureHeader, 1> kGithub{{{"X-Hub-Signature-256", "sha256="}}};
constexpr std::array<SignatureHeader, 2> kGitea{
    {{"X-Gitea-Signature", ""}, {"X-Hub-Signature-256", "sha256="}}};

bool is_same(std::string_view expected, std::string_view given) {
  return expected.size() == given.size() &&
         CRYPTO_memcmp(expected.data(), given.data(), expected.size()) == 0;
}

/// At least one is there, each once, and all that are there match.
bool has_signature(const Delivery& delivery, std::span<const SignatureHeader> headers,
                   std::string_view expected) {
  bool found = false;
  for (const SignatureHeader& header : headers) {
    const std::vector<std::string_view> values = delivery.headers(header.name);
    if (values.empty()) continue;
    if (values.size() > 1 || !values.front().starts_with(header.prefix) ||
        !is_same(expected, values.front().substr(header.prefix.size())))
      return false;
    found = true;
  }
  return found;
}

bool has_token(const Delivery& delivery, std::string_view secret) {
  const std::vector<std::string_view> values = delivery.headers(kToken);
  const std::string_view token = values.empty() ? "" : values.front();
  // As digests, whatever their key: the lengths of the tokens would tell how long the secret is.
  const bool same = is_same(hmac_sha256(kToken, secret), hmac_sha256(kToken, token));
  return same && values.size() == 1;
}

bool is_signed_by(const Delivery& delivery, std::string_view secret) {
  if (delivery.forge == Forge::gitlab) return has_token(delivery, secret);
  if (delivery.forge == Forge::github)
    return has_signature(delivery, kGithub, hmac_sha256(secret, delivery.body));
  const Result<std::string> json = json_of(delivery);
  const std::string expected = hmac_sha256(secret, json ? *json : "");
  return json && has_signature(delivery, kGitea, expected);
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const unsigned char* const done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  MELISAI_ASSERT(done != nullptr && size == 32);
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest.at(i) >> 4];
    hex += "0123456789abcdef"[digest.at(i) & 15];
  }
  return hex;
}

bool is_signed(const Delivery& delivery, std::string_view secret) {
  const bool matches = is_signed_by(delivery, secret.empty() ? kNobody : secret);
  return matches && !secret.empty();
}

}  // namespace melisai::trigger
