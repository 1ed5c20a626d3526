#include "core/base/thread.h"

#include <latch>
#include <vector>

namespace melisai {

Error no_thread(const std::string& reason) {
  return {Errc::process, "no thread can be started: " + reason +
                             "; see how many processes and threads there may be (ulimit -u, "
                             "TasksMax of the service, pids.max of the container)"};
}

Result<void> room_for_threads(std::size_t count) {
  std::latch go(1);
  std::vector<std::jthread> threads;  // before `go` they all live
  Result<void> room;
  while (room && threads.size() < count) {
    Result<std::jthread> started = start_thread([&go] { go.wait(); });
    if (started)
      threads.push_back(*std::move(started));
    else
      room = started.error();
  }
  go.count_down();
  return room;
}

}  // namespace melisai
