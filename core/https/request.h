// What melisai-gate-https is asked to do (README.md), checked: a line break in a header would be
// another header.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::https {

struct Request {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string bearer;
  std::string body;
  std::string ca_file;
  bool allow_private = false;
  Milliseconds timeout{0};
  Bytes answer_max = 0;
};

/// Errors: usage.
Result<Request> read_request(const std::string& json);

}  // namespace melisai::https
