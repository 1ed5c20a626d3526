// One of our own programs as a child process: Boost.Process v2 behind a small interface. Used by
// the process runner and by call_helper only. The child leads a process group of its own, so that
// Ctrl-C in a terminal reaches us alone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace boost::asio {
class io_context;
}

namespace melisai {

struct ChildSpec {
  std::string program;  ///< absolute
  std::vector<std::string> args;
  std::vector<std::string> env;  ///< the whole environment
  int stdin_fd = 0;
  int stdout_fd = 1;
  int stderr_fd = 2;
  bool block_signals =
      false;  ///< start with all signals blocked; the program unblocks or reads them itself
};

/// Errors: process, when `text` holds a NUL byte, which would silently end it in an argument or a
/// variable.
Result<void> check_no_nul(const std::vector<std::string>& texts, const std::string& what);

class Child {
 public:
  /// Errors: process, not_found. `io` must be fresh: no I/O object may have been made on it (see
  /// child.cpp).
  static Result<Child> start(boost::asio::io_context& io, const ChildSpec& spec);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();  ///< kills the group and waits

  pid_t pid() const;
  void signal(int number);  ///< the child alone
  void kill_group();        ///< SIGKILL
  /// Calls `on_exit(status of waitpid(2))` from io.run() when the child has ended; its group has
  /// been killed by then.
  void wait(std::function<void(int)> on_exit);

 private:
  struct Body;
  explicit Child(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace melisai
