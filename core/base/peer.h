// Peer: one of our own programs as a long-lived child that talks with us over a socket pair on its
// stdin and stdout. Owned by whoever started it, used from one thread. Its stderr is kept, bounded.
// The child leads a process group of its own; nothing of the group survives the object.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

struct PeerSpec {
  std::string program;  ///< absolute
  std::vector<std::string> args;
  std::vector<std::string> env;  ///< the whole environment
  Bytes stderr_max = 64 << 10;   ///< what passes it is dropped; the last part is kept
};

class Peer {
 public:
  /// Errors: process, not_found.
  static Result<Peer> start(const PeerSpec& spec);
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&& other) noexcept;
  ~Peer();  ///< kills the group and reaps

  pid_t pid() const;

  /// Waits until one of them has something to receive or has closed its end, at most `timeout`.
  /// Meanwhile the stderr of all is read, so that none is held up by it.
  static void wait_any(const std::vector<Peer*>& peers, Milliseconds timeout);

  /// Sends all bytes. Errors: timeout (it does not read), process (it closed its end).
  Result<void> send(std::string_view bytes, Milliseconds timeout);
  /// Appends what there is to `buffer`, waiting for the first byte at most `timeout` (0: not at
  /// all); at most 256 KiB per call. False: it closed its end. Errors: timeout, io.
  Result<bool> receive(std::string& buffer, Milliseconds timeout);

  /// Whether the process is gone, though its children may still hold its end open.
  bool has_ended() const;

  /// What it wrote to stderr, made printable line by line; the last 64 KiB at most.
  std::string errors();

  /// Closes our end, waits `grace` for it to leave, then SIGTERM, the same again, SIGKILL to the
  /// group; reaps. `Exit` has only end and code; timed_out: it left because of our signal. Later
  /// calls give the same.
  Exit end(Milliseconds grace);

 private:
  struct Body;
  explicit Peer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace melisai
