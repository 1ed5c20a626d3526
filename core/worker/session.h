// The conversation of one worker: answers the gate's requests with one plugin, or with the reason
// why there is none. One thread; ends when the gate says quit or closes the line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/worker/channel.h"
#include "core/worker/descriptor.h"
#include "core/worker/host.h"

namespace melisai::worker {

class Session {
 public:
  /// `channel` must outlive the session.
  Session(Channel& channel, Result<Descriptor> plugin, Bytes log_max);

  /// Until quit or the end of the line; the plugin's instance is destroyed. Errors: parse, limit,
  /// io: the gate speaks nonsense.
  Result<void> run();

 private:
  protocol::Message answer(const protocol::HelloRequest& request);
  protocol::Message answer(const protocol::StartRequest& request);
  protocol::Message answer(const protocol::StopRequest& request);
  protocol::Message answer(const protocol::PingRequest& request);
  void handle(const protocol::Request& request);
  std::string unavailable_reason();
  std::string unavailable_reason(const protocol::PartInfo& part);
  std::chrono::milliseconds sample_interval() const;
  std::optional<Channel::Time> next_sample() const;
  void sample();
  void destroy();

  Channel& channel_;
  Result<Descriptor> plugin_;
  std::optional<Host> host_;
  void* instance_ = nullptr;
  std::chrono::milliseconds wanted_interval_{0};  // 0: as the plugin says
  bool greeted_ = false;
  bool started_ = false;
  Channel::Time sample_due_;
};

}  // namespace melisai::worker
