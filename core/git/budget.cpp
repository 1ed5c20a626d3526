#include "core/git/budget.h"

namespace melisai::git {

Result<void> Budget::take(Bytes bytes, const std::string& path) {
  if (++entries_ > limits_.entries) {
    return Error{Errc::limit,
                 "a checkout of more than " + std::to_string(limits_.entries) + " files"};
  }
  if (bytes > limits_.file) {
    return Error{Errc::limit, path + " has " + std::to_string(bytes) + " bytes; at most " +
                                  std::to_string(limits_.file) + " are checked out"};
  }
  total_ += bytes;
  if (total_ > limits_.total) {
    return Error{Errc::limit,
                 "a checkout of more than " + std::to_string(limits_.total) + " bytes"};
  }
  return {};
}

}  // namespace melisai::git
