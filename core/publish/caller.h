// Requests to one forge within one deadline: who waits for whom, and what failed in whose words.
// Part of publish.
#pragma once

#include <optional>
#include <string>

#include "core/base/rng.h"
#include "core/publish/publish.h"

namespace melisai::publish {

struct Ask {
  std::string method = "GET";
  std::string path;  ///< behind the address of the API, "/repos/..."
  std::string body{};
  /// What a second arrival does. Where it harms, only what certainly did not arrive is sent again.
  enum class Twice { harmless, harms } twice = Twice::harmless;
};

class Caller {
 public:
  Caller(const forge::Account& account, const Outside& outside, Milliseconds deadline);

  /// A status below 500 that does not ask for patience is an answer. Errors: io where it may have
  /// arrived all the same; unavailable; timeout for the deadline; config when the address is
  /// refused; interrupted.
  Result<HttpAnswer> send(const Ask& ask);

  /// The path of the next page; nothing behind the last one. Errors: parse for one that leads to
  /// another server, which must not get the token.
  Result<std::optional<std::string>> next_page(const HttpAnswer& answer) const;

  /// What an answer that is no success means: "GitHub at ... refuses to ... (status 403): ...".
  Error refused(const HttpAnswer& answer, const std::string& what) const;

  const forge::Account& account() const { return account_; }
  std::string who() const;  ///< "GitHub at api.github.com"

 private:
  Milliseconds left() const;
  Result<HttpAnswer> once(const Ask& ask, Milliseconds left);
  /// Nothing: the answer is one. Errors: what has to be told now.
  Result<std::optional<Milliseconds>> patience(const Ask& ask, const Result<HttpAnswer>& answer,
                                               int tries);
  Error explained(Error error) const;

  const forge::Account& account_;
  const Outside& outside_;
  std::chrono::nanoseconds end_;
  Milliseconds deadline_;
  SeededRng rng_{fresh_seed()};
};

}  // namespace melisai::publish
