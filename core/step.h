// Step<T>: a value, or the reason why a check ends here. The orchestrator's counterpart of Result:
// every Error of a lower layer becomes a ReasonCode of the report exactly once.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "core/base/result.h"
#include "core/model/report.h"

namespace melisai {

struct Stop {
  ReasonCode code = ReasonCode::internal;
  std::string reason;
};

[[noreturn]] inline void throw_exception_from_error(const Stop& stop,
                                                    const boost::source_location& at) {
  throw_exception_from_error(Error{Errc::internal, stop.reason}, at);
}

template <class T>
class [[nodiscard]] Step : public boost::system::result<T, Stop> {
 public:
  using boost::system::result<T, Stop>::result;
};

/// `otherwise` names the step; a full disk, an interrupt and a bad configuration are what they are
/// in every step.
inline Stop stop_for(const Error& error, ReasonCode otherwise) {
  switch (error.code) {
    case Errc::disk_full: return {ReasonCode::disk, error.message};
    case Errc::interrupted: return {ReasonCode::interrupted, error.message};
    case Errc::usage:
    case Errc::config: return {ReasonCode::configuration, error.message};
    default: return {otherwise, error.message};
  }
}

template <class T>
Step<T> step(Result<T> result, ReasonCode otherwise) {
  if (!result) return stop_for(result.error(), otherwise);
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(result);
}

}  // namespace melisai
