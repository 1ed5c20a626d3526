// Full names of references, and which of them are strangers' proposals.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace melisai::trigger {

inline constexpr std::string_view kBranchPrefix = "refs/heads/";
inline constexpr std::string_view kTagPrefix = "refs/tags/";

/// refs/pull/..., refs/merge-requests/... and their kin.
bool is_proposal(std::string_view ref);

/// Whether git takes it for the full name of a branch or tag (git-check-ref-format(1)), of at most
/// 1,000 bytes.
bool is_valid_ref(std::string_view ref);

/// Why a proposal does not run.
Error proposal_refused(std::string_view ref);

}  // namespace melisai::trigger
