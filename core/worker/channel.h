// The worker's end of the line to the gate: whole messages in and out of stdin and stdout. The gate
// owns every deadline; when it has gone, the line says so.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/collector_protocol.h"
#include "core/base/fd.h"
#include "core/base/frame.h"
#include "core/base/result.h"

namespace melisai::worker {

class Channel {
 public:
  /// Moves the line away from descriptors 0 and 1, so that what a plugin reads or prints there is
  /// no frame: 0 becomes /dev/null, 1 becomes stderr. Errors: io.
  static Result<Channel> take_over();

  /// The next request; nothing when `until` came first. Errors: interrupted (the gate has closed
  /// the line), parse, limit, io.
  using Time = std::chrono::steady_clock::time_point;
  Result<std::optional<protocol::Request>> receive(std::optional<Time> until);

  /// What the gate no longer reads is lost; receive() then finds the line closed.
  void send(const protocol::Message& message);

 private:
  Channel(Fd in, Fd out) : in_(std::move(in)), out_(std::move(out)) {}
  Result<void> read_more();

  Fd in_;
  Fd out_;
  FrameReader reader_;
};

}  // namespace melisai::worker
