// The verdict at a commit: a check run, or where the token may make none a commit status. Part of
// publish.
#pragma once

#include "core/publish/caller.h"

namespace melisai::publish {

/// "check run made", "commit status set".
Result<std::string> put_verdict(Caller& caller, const Place& place, const Content& content);

}  // namespace melisai::publish
