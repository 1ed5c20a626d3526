// ReadyAttempt: a process of `work` that was started before there is a run for it, because whoever
// pushed waits for what it loads. It has a directory of its own, and in it a FIFO from which it
// reads which run is its. With the daemon it ends as any attempt does.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/fd.h"
#include "core/serve/attempt_process.h"

namespace melisai::serve {

/// What `work` is told.
struct HandedOver {
  std::int64_t run = 0;
  std::string directory;  ///< absolute; of the attempt
};

/// Below the state directory; what an earlier daemon left there is nobody's.
std::string ready_directory(const std::string& state_dir);

/// In `work`: waits for that in `directory`, which it then removes.
/// Nothing: there will be no run for this process. Errors: io, parse.
Result<std::optional<HandedOver>> wait_for_run(const std::string& directory);

class ReadyAttempt {
 public:
  static constexpr const char* kLogFile = "work.log";

  /// Starts `command`, whose working directory is made and is the one to wait in. Errors: io.
  static Result<std::unique_ptr<ReadyAttempt>> start(boost::asio::io_context& loop,
                                                     const MakeRunner& make_runner,
                                                     Command command);
  ReadyAttempt(std::string directory, Fd task);  ///< for start()
  ~ReadyAttempt();                               ///< ends it, unless it was taken

  bool has_ended() const;

  struct Taken {
    std::unique_ptr<AttemptProcess> process;
    Fd task;  ///< for hand_over()
    /// Nothing: it is not there yet, which `started` will say.
    std::optional<ProcessTree> tree;
  };
  /// Gives its log to `directory`, as soon as there is one. Nothing: it has ended; start another.
  std::optional<Taken> take(const std::string& directory, AttemptProcess::Calls calls);

 private:
  struct Shared;

  std::string directory_;
  Fd task_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<AttemptProcess> process_;
};

/// Errors: io.
Result<void> hand_over(const Fd& task, const HandedOver& run);

}  // namespace melisai::serve
