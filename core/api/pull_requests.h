// A pull request as JSON, for the API and for `status`.
#pragma once

#include <string>

#include "core/store/pull_requests.h"

namespace melisai::api {

/// {"project", "number", "ref", "commit", "base", "author", "trusted", "open", "waits", "since",
/// "event", "approved_by"}; null for what is not known.
std::string to_json(const store::PullRequest& request);

/// 40 or 64 lower-case hex digits.
bool is_full_sha(std::string_view text);

}  // namespace melisai::api
