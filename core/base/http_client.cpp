#include "core/base/http_client.h"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/process.h"
#include "core/base/text.h"

namespace melisai {
namespace {

using nlohmann::json;

constexpr Milliseconds kStartAndEnd{5'000};  // of the helper, which ends the conversation itself
constexpr Bytes kHeadMax = 256 << 10;        // of what it says beside the body
constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;
constexpr int kServerErrors = 500;

std::string request_text(const HttpCall& call) {
  json headers = json::array();
  for (const HttpField& field : call.headers) headers.push_back({field.name, field.value});
  const json request{{"method", call.method},
                     {"url", call.url},
                     {"headers", std::move(headers)},
                     {"bearer", call.bearer},
                     {"body", call.body},
                     {"ca_file", call.ca_file},
                     {"allow_private", call.allow_private},
                     {"timeout_ms", call.timeout.count()},
                     {"answer_max", call.answer_max}};
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

Errc code_named(const std::string& name) {
  if (name == "usage") return Errc::usage;
  if (name == "io") return Errc::io;
  if (name == "timeout") return Errc::timeout;
  if (name == "limit") return Errc::limit;
  return Errc::unavailable;
}

Result<HttpAnswer> answer_in(const std::string& output) {
  const std::size_t end = output.find('\n');
  const json head = json::parse(output.substr(0, end), nullptr, false);
  HttpAnswer answer;
  try {
    if (head.contains("failed"))
      return Error{code_named(head["failed"].get<std::string>()),
                   printable(head.at("message").get<std::string>())};
    answer.status = head.at("status").get<int>();
    for (const auto& field : head.at("headers"))
      answer.headers.push_back({field.at(0).get<std::string>(), field.at(1).get<std::string>()});
  } catch (const json::exception&) {
    return Error{Errc::internal, "melisai-gate-https gave no answer"};
  }
  if (end != std::string::npos) answer.body = output.substr(end + 1);
  return answer;
}

class HelperClient final : public HttpClient {
 public:
  explicit HelperClient(std::string helper) : helper_(std::move(helper)) {}

  Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) override {
    MELISAI_TRY(const std::string output, call_helper({.program = helper_,
                                                       .args = {},
                                                       .env = {},
                                                       .input = request_text(call),
                                                       .timeout = call.timeout + kStartAndEnd,
                                                       .output_max = call.answer_max + kHeadMax},
                                                      interrupt));
    return answer_in(output);
  }

 private:
  std::string helper_;
};

bool may_arrive_twice(const HttpCall& call) {
  return call.method != "POST" && call.method != "PATCH";
}

bool worth_another(const HttpCall& call, const Result<HttpAnswer>& answer) {
  if (!answer)
    return answer.error().code == Errc::unavailable ||
           (may_arrive_twice(call) &&
            (answer.error().code == Errc::io || answer.error().code == Errc::timeout));
  if (answer->status == kTooManyRequests || answer->status == kUnavailable) return true;
  return may_arrive_twice(call) && answer->status >= kServerErrors;
}

/// What the server asks for. The form with a date is not read: it compares two clocks.
std::optional<Milliseconds> asked_for(const Result<HttpAnswer>& answer) {
  if (!answer) return std::nullopt;
  const std::string_view text = answer->header("retry-after");
  std::uint32_t seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || stop != text.data() + text.size() || text.empty())
    return std::nullopt;
  return Milliseconds(std::int64_t{1'000} * seconds);
}

/// `time` +- 25 %, so that many who failed at once do not come back at once.
Milliseconds spread(Milliseconds time, Rng& rng) {
  const auto quarter = static_cast<std::uint64_t>(time.count() / 4);
  const auto shift = static_cast<std::int64_t>(rng.below(2 * quarter + 1));
  return time - Milliseconds(quarter) + Milliseconds(shift);
}

}  // namespace

std::string_view HttpAnswer::header(std::string_view lower_case_name) const {
  for (const HttpField& field : headers)
    if (field.name == lower_case_name) return field.value;
  return {};
}

std::unique_ptr<HttpClient> make_http_client(std::string helper) {
  return std::make_unique<HelperClient>(std::move(helper));
}

void wait_for_real(Milliseconds time, const Interrupt& interrupt) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const std::chrono::nanoseconds rest = time - whole;
  const timespec limit{.tv_sec = whole.count(), .tv_nsec = rest.count()};
  pollfd fd{.fd = interrupt.fd(), .events = POLLIN, .revents = 0};
  ppoll(&fd, 1, &limit, nullptr);
}

Result<HttpAnswer> send_patiently(HttpClient& client, const HttpCall& call,
                                  const HttpPatience& patience, Rng& rng, const HttpWait& wait,
                                  const Interrupt& interrupt) {
  Milliseconds left = patience.wait_max;
  Milliseconds next = patience.first;
  for (int tries = 1;; ++tries) {
    Result<HttpAnswer> answer = client.send(call, interrupt);
    if (tries >= patience.tries_max || !worth_another(call, answer)) return answer;
    const Milliseconds pause = asked_for(answer).value_or(spread(next, rng));
    if (pause > left || interrupt.requested()) return answer;
    wait(pause, interrupt);
    if (interrupt.requested()) return answer;
    left -= pause;
    next *= 2;
  }
}

std::string host_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#\\"));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos)
    url.remove_prefix(at + 1);
  return printable(url);
}

}  // namespace melisai
