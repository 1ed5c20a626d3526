// HttpClient: one request to a server of somebody else, by a process of its own
// (core/https/README.md). One of the five seams. Nothing is followed to another address, and no
// answer is believed to be short.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/interrupt.h"
#include "core/base/result.h"
#include "core/base/rng.h"
#include "core/base/units.h"

namespace melisai {

struct HttpField {
  std::string name;
  std::string value;
  bool operator==(const HttpField&) const = default;
};

struct HttpCall {
  std::string method = "GET";
  /// https, or http to this machine. May be a secret: no message shows more of it than its host.
  std::string url;
  std::vector<HttpField> headers{};
  std::string bearer{};  ///< token; "" for none
  std::string body{};
  std::string ca_file{};         ///< absolute; "": the system's authorities
  bool allow_private = false;    ///< addresses of this machine and of networks that are not public
  Milliseconds timeout{30'000};  ///< from the first name that is looked up to the last byte
  Bytes answer_max = 8 << 20;    ///< of the answer's body
};

struct HttpAnswer {
  int status = 0;
  std::vector<HttpField> headers;  ///< names in lower case
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
  std::string_view header(std::string_view lower_case_name) const;  ///< "" without it
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Any status is an answer. Errors: unavailable when the server did not get the request; io when
  /// it may have got it; timeout; limit for a longer answer; usage for a call that is refused;
  /// interrupted.
  virtual Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) = 0;
};

/// `helper`: absolute path of melisai-gate-https.
std::unique_ptr<HttpClient> make_http_client(std::string helper);

struct HttpPatience {
  int tries_max = 3;
  Milliseconds first{1'000};      ///< wait before the second try; then twice as long each, +- 25 %
  Milliseconds wait_max{60'000};  ///< all waits together; a server that asks for more gets no try
};

/// Waits so long, less when interrupted.
using HttpWait = std::function<void(Milliseconds, const Interrupt&)>;
void wait_for_real(Milliseconds time, const Interrupt& interrupt);

/// Tries again what may be tried again: what did not arrive; 429 and 503; other failures of a
/// server or a connection only where a second arrival changes nothing (all methods but POST and
/// PATCH). Waits for as long as Retry-After says, when it says so in seconds.
Result<HttpAnswer> send_patiently(HttpClient& client, const HttpCall& call,
                                  const HttpPatience& patience, Rng& rng, const HttpWait& wait,
                                  const Interrupt& interrupt);

/// "api.example.org"; "" for what is no address of a server. Fit for a message.
std::string host_in(std::string_view url);

}  // namespace melisai
