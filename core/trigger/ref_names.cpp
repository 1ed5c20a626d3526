#include "core/trigger/ref_names.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace melisai::trigger {
namespace {

// GitHub, Gitea and Forgejo; GitLab; Bitbucket; Gerrit.
constexpr std::array<std::string_view, 4> kProposals = {"refs/pull/", "refs/merge-requests/",
                                                        "refs/pull-requests/", "refs/changes/"};

}  // namespace

bool is_proposal(std::string_view ref) {
  return std::any_of(kProposals.begin(), kProposals.end(),
                     [&](std::string_view prefix) { return ref.starts_with(prefix); });
}

Error proposal_refused(std::string_view ref) {
  return Error{Errc::config, in_quotes(ref) +
                                 " is code that anybody may propose, and this version cannot run "
                                 "untrusted code; name branches and tags only"};
}

}  // namespace melisai::trigger
