// Result<T>: a value or an Error, for everything that can fail at run time. Never thrown.
// MELISAI_TRY passes an error up; MELISAI_ASSERT is for programmer errors only and is always on.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace melisai {

/// What kind of thing went wrong; decides the exit code and the reason_code of a report.
enum class Errc {
  usage,        ///< the command line is wrong
  config,       ///< a configuration or pipeline file is wrong
  not_found,    ///< a file, program or reference does not exist
  unavailable,  ///< this machine lacks what is needed
  io,           ///< reading or writing failed
  disk_full,    ///< no space left on the device, or a quota
  timeout,      ///< a deadline passed
  interrupted,  ///< the user or the system asked us to stop
  git,          ///< git refused
  process,      ///< a process could not be started or watched
  parse,        ///< data from outside has the wrong shape
  limit,        ///< a named limit was passed
  internal,     ///< our own defect
};

struct Error {
  Errc code = Errc::internal;
  std::string message;  ///< what, where, and the next action

  bool operator==(const Error&) const = default;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& at);
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

/// A class of its own only because an alias cannot be [[nodiscard]].
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

/// The same error with `context: ` in front; the code is kept.
inline Error with_context(Error error, const std::string& context) {
  error.message = context + ": " + error.message;
  return error;
}

/// Error from `errno`: "context: No such file or directory". ENOSPC and EDQUOT become disk_full,
/// ENOENT not_found.
Error error_from_errno(int number, const std::string& context);

}  // namespace melisai

#define MELISAI_CONCAT_2(a, b) a##b
#define MELISAI_CONCAT(a, b) MELISAI_CONCAT_2(a, b)

#define MELISAI_TRY_AS(name, declaration, ...) \
  auto&& name = (__VA_ARGS__);                 \
  if (!name) return std::move(name).error();   \
  declaration = *std::move(name)

/// MELISAI_TRY(Run run, queue.push(trigger)); declares `run`, or returns the error from the
/// enclosing function.
#define MELISAI_TRY(declaration, ...) \
  MELISAI_TRY_AS(MELISAI_CONCAT(melisai_try_, __LINE__), declaration, __VA_ARGS__)

/// The same for Result<void>.
#define MELISAI_CHECK(...)                                      \
  do {                                                          \
    if (auto melisai_checked = (__VA_ARGS__); !melisai_checked) \
      return std::move(melisai_checked).error();                \
  } while (false)

#define MELISAI_ASSERT(condition) \
  ((condition) ? void() : ::melisai::assertion_failed(#condition, __FILE__, __LINE__))
