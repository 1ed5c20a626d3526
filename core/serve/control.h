// Control: how other commands talk to the daemon: a Unix socket in its state directory, one line of
// JSON each way. Who may write to the directory may command; nobody else can connect.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::serve {

inline constexpr std::size_t kControlLineMax = 64 << 10;
inline constexpr int kControlClientsMax = 16;  ///< at the same time; others wait

/// How long a client may take for its line, and a request for its answer; then it is hung up on.
struct ControlLimits {
  Milliseconds line{5'000};
  Milliseconds answer{60'000};
};

class ControlServer {
 public:
  /// One line in, one line out, without the newline. On the loop's thread.
  using Answer = std::function<void(std::string)>;
  using Handler = std::function<void(const std::string& request, Answer answer)>;
  /// The caller holds the daemon's lock, so that a socket which is there already is a dead one's.
  /// Errors: io.
  static Result<std::unique_ptr<ControlServer>> listen(boost::asio::io_context& loop,
                                                       const std::string& state_dir,
                                                       Handler handler, ControlLimits limits = {});
  struct Body;
  explicit ControlServer(std::shared_ptr<Body> body);  ///< what listen() calls
  ~ControlServer();

 private:
  std::shared_ptr<Body> body_;
};

/// Asks the daemon of that state directory. Errors: not_found when none runs there; timeout; io;
/// limit.
Result<std::string> ask_daemon(const std::string& state_dir, const std::string& request,
                               Milliseconds timeout);

}  // namespace melisai::serve
