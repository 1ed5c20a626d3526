// AttemptProcess: the process of one attempt, or of a custom trigger, watched by a thread of its
// own that only waits. It is held before its first instruction until the loop has noted it, so that
// no attempt can run whose process the queue does not know (a ReadyAttempt is held by what it is to
// be told).
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "core/base/interrupt.h"
#include "core/base/process.h"

namespace melisai::serve {

using MakeRunner = std::function<std::unique_ptr<ProcessRunner>(const Interrupt&)>;

class AttemptProcess {
 public:
  /// Both are called on the loop's thread, `started` at most once, and `ended` once, unless the
  /// object is gone by then.
  struct Calls {
    std::function<void(const ProcessTree&)> started;
    std::function<void(Result<Exit>)> ended;
  };
  AttemptProcess(boost::asio::io_context& loop, const MakeRunner& make_runner, Command command,
                 Calls calls);
  ~AttemptProcess();  ///< ends it and waits: at most the command's grace
  AttemptProcess(const AttemptProcess&) = delete;
  AttemptProcess& operator=(const AttemptProcess&) = delete;

  /// Asks it to end; `ended` says when it has.
  void stop() { interrupt_.request(); }

 private:
  struct Shared;
  Interrupt interrupt_;
  std::shared_ptr<Shared> shared_;
  std::jthread thread_;
};

}  // namespace melisai::serve
