#include "core/mail/send.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/base/text.h"

namespace melisai::mail {
namespace {

struct CleanUp {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CleanUp>;
using List = std::unique_ptr<curl_slist, CleanUp>;

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* rest) {
  auto& text = *static_cast<std::string_view*>(rest);
  const std::size_t part = std::min(size * count, text.size());
  std::memcpy(buffer, text.data(), part);
  text.remove_prefix(part);
  return part;
}

std::string address_of(const Request& request) {
  const std::string scheme = request.tls == Tls::always ? "smtps://" : "smtp://";
  return scheme + request.host + ":" + std::to_string(request.port);
}

std::string bracketed(const std::string& address) { return "<" + address + ">"; }

List recipients_of(const Request& request) {
  List list;
  for (const std::string& to : request.to) {
    curl_slist* const longer = curl_slist_append(list.get(), bracketed(to).c_str());
    if (longer == nullptr) return nullptr;
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

void set_security(CURL* handle, const Request& request) {
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   request.tls == Tls::never ? long{CURLUSESSL_NONE} : long{CURLUSESSL_ALL});
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.user.empty()) return;
  curl_easy_setopt(handle, CURLOPT_USERNAME, request.user.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, request.password.c_str());
}

Error not_sent(const Request& request, const char* detail, CURLcode code) {
  const std::string said = *detail == '\0' ? curl_easy_strerror(code) : detail;
  return {Errc::unavailable, "mail server " + request.host + ":" + std::to_string(request.port) +
                                 ": " + printable(said)};
}

}  // namespace

Result<void> send(const Request& request) {
  const Handle handle(curl_easy_init());
  const List recipients = recipients_of(request);
  if (!handle || !recipients) return Error{Errc::unavailable, "libcurl cannot be started"};
  CURL* const curl = handle.get();
  std::array<char, CURL_ERROR_SIZE> detail{};
  std::string_view rest = request.message;
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_URL, address_of(request).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, bracketed(request.from).c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
  set_security(curl, request);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  return not_sent(request, detail.data(), code);
}

}  // namespace melisai::mail
