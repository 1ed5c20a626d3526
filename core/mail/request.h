// What melisai-gate-mail is asked to do (README.md), checked: every address becomes a line of a
// conversation with a server.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::mail {

enum class Tls { starttls, always, never };

struct Request {
  std::string host;
  int port = 25;
  Tls tls = Tls::starttls;
  std::string ca_file;  ///< "": the system's authorities
  std::string user;     ///< "": none
  std::string password;
  std::string from;
  std::vector<std::string> to;
  std::string message;  ///< headers and body, lines end in CR LF
  Milliseconds timeout{30'000};
};

/// Errors: parse.
Result<Request> read_request(const std::string& json);

}  // namespace melisai::mail
