// Which pull requests a push of somebody is the head of. Part of publish.
#pragma once

#include <vector>

#include "core/publish/caller.h"

namespace melisai::publish {

/// Open ones of GitHub or Gitea whose head is `head` at `sha`; none: closed, or pushed to since.
Result<std::vector<std::int64_t>> pull_requests_of(Caller& caller, const Head& head,
                                                   const std::string& sha);

}  // namespace melisai::publish
