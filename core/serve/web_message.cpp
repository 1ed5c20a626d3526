#include "core/serve/web_message.h"

#include <nlohmann/json.hpp>

#include "core/serve/notice_text.h"

namespace melisai::serve {
namespace {

constexpr Bytes kAnswerMax = 64 << 10;  // nobody reads it

/// Names of branches and what a build printed are a stranger's: "<!channel>", "<https://...|here>",
/// "@all".
std::string harmless(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '@': result += "@\u200b"; break;  // a blank that nobody sees ends the mention
      default: result += c;
    }
  }
  return result;
}

}  // namespace

HttpCall web_call(const Notice& notice, const NotifyOptions& options) {
  const WebNoticeOptions& web = options.web;
  HttpCall call{.method = "POST",
                .url = web.url,
                .headers = {{"Content-Type", "application/json"}},
                .bearer = web.token,
                .ca_file = web.ca_file,
                .allow_private = web.allow_private,
                .timeout = options.timeout,
                .answer_max = kAnswerMax};
  using nlohmann::json;
  call.body = web.format == WebNoticeOptions::Format::slack
                  ? json{{"text", harmless(text_of(notice))}}.dump(-1, ' ', false,
                                                                   json::error_handler_t::replace)
                  : to_json(notice);
  return call;
}

}  // namespace melisai::serve
