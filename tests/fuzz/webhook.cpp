// Payloads of webhooks: whatever comes, what is taken for an event keeps the promises of
// core/trigger/webhook.h.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/trigger/trigger.h"

namespace melisai::fuzz {
namespace {

using trigger::CheckRunPressed;
using trigger::Delivery;
using trigger::Forge;
using trigger::Ignored;
using trigger::Ping;
using trigger::PullRequest;
using trigger::PullRequestComment;
using trigger::RefMoved;

struct Kind {
  Forge forge;
  std::string_view name;
};
// The first byte of an input chooses.
constexpr std::array<Kind, 11> kKinds{{{Forge::github, "push"},
                                       {Forge::github, "pull_request"},
                                       {Forge::github, "issue_comment"},
                                       {Forge::github, "ping"},
                                       {Forge::gitea, "push"},
                                       {Forge::gitea, "delete"},
                                       {Forge::gitlab, "Push Hook"},
                                       {Forge::gitlab, "Tag Push Hook"},
                                       {Forge::gitlab, "Merge Request Hook"},
                                       {Forge::gitlab, "Note Hook"},
                                       {Forge::github, "check_run"}}};

bool is_sha(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return text.size() <= 1000 && std::none_of(text.begin(), text.end(),
                                             [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_branch(std::string_view name) {
  return !name.empty() && is_plain(name) && !name.starts_with('-') &&
         name.find(' ') == std::string_view::npos && name.find("..") == std::string_view::npos;
}

void check(const RefMoved& moved) {
  const bool branch = moved.ref.starts_with("refs/heads/");
  MELISAI_ASSERT(branch || moved.ref.starts_with("refs/tags/"));
  MELISAI_ASSERT(is_branch(std::string_view(moved.ref).substr(branch ? 11 : 10)));
  MELISAI_ASSERT(moved.before.empty() || is_sha(moved.before));
  MELISAI_ASSERT(moved.after.empty() || is_sha(moved.after));
}

void check(const PullRequest& request) {
  MELISAI_ASSERT(request.number > 0);
  MELISAI_ASSERT(is_sha(request.head_sha) || (request.head_sha.empty() && !request.open));
  MELISAI_ASSERT(request.base_sha.empty() || is_sha(request.base_sha));
  MELISAI_ASSERT(is_branch(request.head_ref) && is_branch(request.base_ref));
  MELISAI_ASSERT(request.from_fork || !request.head_repository.empty());
  MELISAI_ASSERT(is_plain(request.author.login) && is_plain(request.sender.login));
  MELISAI_ASSERT(std::all_of(request.labels.begin(), request.labels.end(), is_plain));
}

void check(const PullRequestComment& comment) {
  MELISAI_ASSERT(comment.number > 0 && comment.id > 0 && is_plain(comment.author.login));
}

void check(const CheckRunPressed& pressed) {
  MELISAI_ASSERT(is_sha(pressed.sha) && is_plain(pressed.sender.login));
  MELISAI_ASSERT(is_plain(pressed.button) && is_plain(pressed.external_id));
}

void check(const Ping&) {}
void check(const Ignored& ignored) { MELISAI_ASSERT(!ignored.reason.empty()); }

void read(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const Kind& kind = kKinds.at(data[0] % kKinds.size());
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto event = trigger::parse_webhook(kind.forge, kind.name, bytes);
  // The same bytes as a form, and as an address.
  const Delivery form{.forge = Forge::gitea,
                      .headers = [&](std::string_view) { return std::vector{bytes}; },
                      .body = bytes,
                      .form = true};
  MELISAI_ASSERT(!trigger::is_signed(form, "") && !trigger::is_signed(form, "a secret"));
  MELISAI_ASSERT(trigger::repository_of(bytes).size() <= bytes.size());
  if (!event) return;
  std::visit([](const auto& what) { check(what); }, event->what);
  if (event->repository)
    MELISAI_ASSERT(
        trigger::is_same_repository(*event->repository, event->repository->full_name, bytes));
}

}  // namespace
}  // namespace melisai::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  melisai::fuzz::read(data, size);
  return 0;
}
