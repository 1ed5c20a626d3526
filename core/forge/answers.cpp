#include "core/forge/answers.h"

#include <charconv>

namespace melisai::forge {
namespace {

constexpr int kLimited = 403;
constexpr int kTooOften = 429;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::string_view name_of(ForgeKind kind) {
  switch (kind) {
    case ForgeKind::github: return "GitHub";
    case ForgeKind::gitlab: return "GitLab";
    case ForgeKind::gitea: return "Gitea";
  }
  return "";
}

bool is_asked_too_often(const HttpAnswer& answer) {
  return answer.status == kTooOften ||
         (answer.status == kLimited &&
          (answer.header("x-ratelimit-remaining") == "0" || !answer.header("retry-after").empty() ||
           answer.body.find("rate limit") != std::string::npos));
}

AskAgain ask_again(const HttpAnswer& answer) {
  AskAgain again{.seconds = number_in(answer.header("retry-after")), .epoch = {}};
  for (const std::string_view header : {"x-ratelimit-reset", "ratelimit-reset"})
    if (!again.seconds && !again.epoch) again.epoch = number_in(answer.header(header));
  return again;
}

}  // namespace melisai::forge
