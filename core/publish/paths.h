// Where each forge keeps what. Part of publish.
#pragma once

#include <cstdint>
#include <string>

#include "core/forge/forge.h"

namespace melisai::publish {

/// The comments on one pull request.
struct Thread {
  std::string name;  ///< "#7", "!7"
  std::string self;  ///< path of the pull request
  std::string list;  ///< first page, 50 each
  std::string create;
  std::string update;  ///< in front of a comment's id
  std::string update_method;
};
Thread thread_of(const forge::Account& account, std::int64_t pull_request);

/// "/repos/team/demo", "/projects/group%2Fdemo".
std::string path_of(const forge::Account& account);

}  // namespace melisai::publish
