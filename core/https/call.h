// One request to one server, by libcurl.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/https/request.h"

namespace melisai::https {

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
};

/// Errors: as HttpClient::send, without `interrupted`.
Result<Answer> call(const Request& request);

}  // namespace melisai::https
