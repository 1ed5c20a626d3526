// Starting threads as a value: what runs beside us may have used up all processes and threads that
// this user, container or service may have (RLIMIT_NPROC, TasksMax, pids.max).
#pragma once

#include <cstddef>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/result.h"

namespace melisai {

Error no_thread(const std::string& reason);

/// `work` takes nothing or a std::stop_token. Errors: process.
template <class Work>
Result<std::jthread> start_thread(Work work) {
  try {
    return Result<std::jthread>(boost::system::in_place_value, std::move(work));
  } catch (const std::system_error& error) {
    // Anything could be the work of a thread, so that an error has to be named as one.
    return Result<std::jthread>(boost::system::in_place_error, no_thread(error.what()));
  }
}

/// Whether that many can be started beside each other, as far as can be told before. For pools of
/// threads of Boost, which hang when only some of theirs can be started. Errors: process.
Result<void> room_for_threads(std::size_t count);

}  // namespace melisai
