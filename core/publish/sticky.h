// The one comment of a context on a pull request: found on any page, updated, made anew. Part of
// publish.
#pragma once

#include "core/publish/caller.h"

namespace melisai::publish {

/// "comment on #7 updated". Only a comment that this token's owner wrote is taken for ours: anybody
/// may write our marker, and could change what we would put there.
Result<std::string> put_comment(Caller& caller, std::int64_t pull_request, const Content& content);

/// The commit that a pull request is at.
Result<std::string> head_of(Caller& caller, std::int64_t pull_request);

}  // namespace melisai::publish
