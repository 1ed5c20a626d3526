#include "core/trigger/ref_names.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace melisai::trigger {
namespace {

// GitHub, Gitea and Forgejo; GitLab; Bitbucket; Gerrit.
constexpr std::array<std::string_view, 4> kProposals = {"refs/pull/", "refs/merge-requests/",
                                                        "refs/pull-requests/", "refs/changes/"};

constexpr std::size_t kRefBytesMax = 1000;

bool is_forbidden(unsigned char c) {
  return c <= 0x20 || c == 0x7f ||
         std::string_view("~^:?*[\\").find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_valid_part(std::string_view part) {
  return !part.empty() && !part.starts_with('.') && !part.ends_with(".lock") &&
         part.find("..") == std::string_view::npos && part.find("@{") == std::string_view::npos &&
         std::none_of(part.begin(), part.end(),
                      [](char c) { return is_forbidden(static_cast<unsigned char>(c)); });
}

}  // namespace

bool is_valid_ref(std::string_view ref) {
  const std::string_view prefix = ref.starts_with(kBranchPrefix) ? kBranchPrefix : kTagPrefix;
  if (!ref.starts_with(prefix) || ref.size() > kRefBytesMax) return false;
  ref.remove_prefix(prefix.size());
  // It becomes an argument of git, short as well as full.
  if (ref.starts_with('-') || ref.ends_with('.')) return false;
  while (true) {
    const std::size_t slash = ref.find('/');
    if (!is_valid_part(ref.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    ref.remove_prefix(slash + 1);
  }
}

bool is_proposal(std::string_view ref) {
  return std::any_of(kProposals.begin(), kProposals.end(),
                     [&](std::string_view prefix) { return ref.starts_with(prefix); });
}

Error proposal_refused(std::string_view ref) {
  return Error{Errc::config, in_quotes(ref) +
                                 " is code that anybody may propose; name branches and tags only "
                                 "(pull requests are told by webhooks)"};
}

}  // namespace melisai::trigger
