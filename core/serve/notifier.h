// Notifier: delivers what the queue has to tell, in threads of its own, one notice at a time for
// each sink. Nothing waits for it: a sink that is stuck or refuses delays its own notices only.
// While something measures it stays quiet.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/serve/context.h"
#include "core/serve/notify_sinks.h"

namespace melisai::serve {

class Notifier final : public supervise::Module {
 public:
  /// `measuring`: a timed run goes on. From now on the queue makes notices for these sinks.
  Notifier(Context& context, std::vector<Sink> sinks, std::function<bool()> measuring);
  ~Notifier() override;

  void start(Done done) override;
  /// Ends deliveries; they begin anew after the next start.
  void stop(Done done) override;
  void check(Checked done) override;

  /// A run has begun or ended, or something else may be to be told.
  void wake();

 private:
  /// When something of these has to be looked at again.
  std::optional<WallTime> deliver_due(const std::vector<store::Delivery>& waiting);
  bool deliver(const store::Delivery& delivery);
  void begin(const store::Delivery& delivery, const Sink& sink);
  void end(const store::Delivery& delivery, const Result<void>& delivered);
  store::DeliveryEnd end_of(const store::Delivery& delivery, const Result<void>& delivered) const;
  bool may_be_tried(const store::Delivery& delivery) const;  ///< once more
  void arm(std::optional<WallTime> next);
  void answer_stop();

  Context& context_;
  std::vector<Sink> sinks_;
  std::function<bool()> measuring_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Interrupt> interrupt_;  // of all deliveries since start()
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::set<std::string> busy_;          // sinks
  std::optional<WallTime> hold_until_;  // after a write that failed
  bool running_ = false;
  Done stopped_;
  std::map<std::string, std::jthread> threads_;  // the newest of each sink that blocks
};

}  // namespace melisai::serve
