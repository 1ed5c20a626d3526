#include "core/base/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace melisai {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(
      stderr, "%s:%d: broken assumption: %s. This is a defect of melisai-gate; please report it.\n",
      file, line, condition);
  std::abort();
}

Error error_from_errno(int number, const std::string& context) {
  Errc code = Errc::io;
  if (number == ENOSPC || number == EDQUOT) code = Errc::disk_full;
  if (number == ENOENT) code = Errc::not_found;
  return Error{code, context + ": " + std::strerror(number)};
}

}  // namespace melisai
