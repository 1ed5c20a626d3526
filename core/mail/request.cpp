#include "core/mail/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace melisai::mail {
namespace {

constexpr int kPortMax = 65'535;

bool is_one_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '<' && c != '>';
  });
}

bool is_host(const std::string& text) {
  return is_one_word(text) && text.find_first_of("/@?#%:") == std::string::npos;
}

Result<Tls> tls_of(const std::string& word) {
  if (word == "starttls") return Tls::starttls;
  if (word == "always") return Tls::always;
  if (word == "never") return Tls::never;
  return Error{Errc::parse, "'tls' is starttls, always or never"};
}

Result<void> check(const Request& request) {
  if (!is_host(request.host)) return Error{Errc::parse, "'host' is no host"};
  if (request.port < 1 || request.port > kPortMax) return Error{Errc::parse, "'port' is no port"};
  if (!is_one_word(request.from)) return Error{Errc::parse, "'from' is no address"};
  if (request.to.empty() || !std::all_of(request.to.begin(), request.to.end(), is_one_word))
    return Error{Errc::parse, "'to' is no list of addresses"};
  if (request.timeout <= Milliseconds(0)) return Error{Errc::parse, "'timeout_ms' is not positive"};
  return {};
}

}  // namespace

Result<Request> read_request(const std::string& json) {
  Request request;
  try {
    const auto parsed = nlohmann::json::parse(json);
    request.host = parsed.at("host").get<std::string>();
    request.port = parsed.at("port").get<int>();
    MELISAI_TRY(request.tls, tls_of(parsed.at("tls").get<std::string>()));
    request.ca_file = parsed.at("ca_file").get<std::string>();
    request.user = parsed.at("user").get<std::string>();
    request.password = parsed.at("password").get<std::string>();
    request.from = parsed.at("from").get<std::string>();
    request.to = parsed.at("to").get<std::vector<std::string>>();
    request.message = parsed.at("message").get<std::string>();
    request.timeout = Milliseconds(parsed.at("timeout_ms").get<std::int64_t>());
  } catch (const nlohmann::json::exception&) {
    // Without its text, which may quote the password.
    return Error{Errc::parse, "the request is not the JSON object that README.md describes"};
  }
  MELISAI_CHECK(check(request));
  return request;
}

}  // namespace melisai::mail
