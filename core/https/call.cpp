#include "core/https/call.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/https/address.h"

namespace melisai::https {
namespace {

constexpr std::size_t kHeadersMax = 64 << 10;

struct CleanUp {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURL, CleanUp>;
using List = std::unique_ptr<curl_slist, CleanUp>;
using Url = std::unique_ptr<CURLU, CleanUp>;

/// The address as libcurl itself reads it, so that nobody reads it differently.
struct Target {
  Url url;
  std::string host;
  bool encrypted = false;
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, CleanUp> owned(text);
  return text;
}

Result<Target> target_of(const Request& request) {
  Target target{.url = Url(curl_url()), .host = ""};
  if (!target.url || curl_url_set(target.url.get(), CURLUPART_URL, request.url.c_str(),
                                  CURLU_DISALLOW_USER) != CURLUE_OK)
    return Error{
        Errc::usage,
        "is no address of a server, or holds a user or a password; write https://HOST/..."};
  target.host = part_of(target.url.get(), CURLUPART_HOST);
  const std::string scheme = part_of(target.url.get(), CURLUPART_SCHEME);
  target.encrypted = scheme == "https";
  if (!target.encrypted && scheme != "http")
    return Error{Errc::usage, in_quotes(target.host) + ": only https is spoken"};
  return target;
}

/// What the conversation has brought, and why it was ended by us.
struct Conversation {
  const Request& request;
  bool encrypted;
  Answer answer{};
  std::size_t header_bytes = 0;
  std::optional<Error> refused{};     ///< the answer
  std::optional<Error> no_address{};  ///< of the addresses that were not connected to, the last
};

/// Called with the address that the name stands for, right before the connection is made to it.
curl_socket_t open_socket(void* context, curlsocktype /*purpose*/, curl_sockaddr* to) {
  auto& talk = *static_cast<Conversation*>(context);
  if (!talk.encrypted && !is_this_machine(to->addr)) {
    talk.no_address = Error{Errc::usage, "only https is spoken to other machines"};
    return CURL_SOCKET_BAD;
  }
  if (!talk.request.allow_private && !is_public(to->addr)) {
    talk.no_address = Error{Errc::usage, "is an address of this machine or of a private network"};
    return CURL_SOCKET_BAD;
  }
  // Another address of the same name will do.
  talk.no_address.reset();
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& talk = *static_cast<Conversation*>(context);
  if (talk.answer.body.size() + size * count > static_cast<std::size_t>(talk.request.answer_max)) {
    talk.refused =
        Error{Errc::limit, "answers with more than " + format_bytes(talk.request.answer_max)};
    return 0;
  }
  talk.answer.body.append(bytes, size * count);
  return size * count;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& talk = *static_cast<Conversation*>(context);
  talk.header_bytes += size * count;
  if (talk.header_bytes > kHeadersMax) {
    talk.refused = Error{Errc::limit, "answers with more than 64 KiB of headers"};
    return 0;
  }
  const std::string_view line = trimmed({bytes, size * count});
  // Those of an earlier, interim answer do not count.
  if (line.starts_with("HTTP/")) talk.answer.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  talk.answer.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return size * count;
}

bool append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  (void)list.release();
  list.reset(longer);
  return true;
}

List headers_of(const Request& request) {
  List list;
  bool complete = append(list, "User-Agent: melisai-gate");
  for (const auto& [name, value] : request.headers)
    complete = complete && append(list, name + ": " + value);
  if (!request.bearer.empty())
    complete = complete && append(list, "Authorization: Bearer " + request.bearer);
  // Nobody answers it, and libcurl would wait.
  complete = complete && append(list, "Expect:");
  return complete ? std::move(list) : nullptr;
}

void set_security(CURL* curl, const Request& request) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
}

void set_request(CURL* curl, const Request& request) {
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
}

void listen_with(CURL* curl, Conversation& talk) {
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &talk);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &talk);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &talk);
}

/// Whether the server may have acted on the request.
bool may_have_arrived(CURL* curl) {
  long sent = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  return sent > 0;
}

}  // namespace

Result<Answer> call(const Request& request) {
  MELISAI_TRY(const Target target, target_of(request));
  const Handle handle(curl_easy_init());
  const List headers = headers_of(request);
  if (!handle || !headers) return Error{Errc::unavailable, "libcurl cannot be started"};
  CURL* const curl = handle.get();
  Conversation talk{.request = request, .encrypted = target.encrypted};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(curl, CURLOPT_CURLU, target.url.get());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  set_security(curl, request);
  set_request(curl, request);
  listen_with(curl, talk);
  const CURLcode code = curl_easy_perform(curl);
  const std::string host = printable(target.host) + ": ";
  if (talk.refused) return Error{talk.refused->code, host + talk.refused->message};
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    talk.answer.status = static_cast<int>(status);
    return std::move(talk.answer);
  }
  if (talk.no_address) return Error{talk.no_address->code, host + talk.no_address->message};
  const std::string said = detail[0] == '\0' ? curl_easy_strerror(code) : detail.data();
  const Errc kind = code == CURLE_OPERATION_TIMEDOUT && may_have_arrived(curl) ? Errc::timeout
                    : may_have_arrived(curl)                                   ? Errc::io
                                                                               : Errc::unavailable;
  return Error{kind, host + printable(said)};
}

}  // namespace melisai::https
