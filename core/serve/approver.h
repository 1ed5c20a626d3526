// Approver: decides over what people ask for on a forge, by a comment, a label or a button.
// Asks the forge, in a thread of its own and one at a time, whether they may write to the
// repository now; nothing else makes them trusted. What was asked for is in the queue until it is
// decided, so that a kill loses none. An unreachable forge is no approval: it is asked again for a
// while.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "core/serve/context.h"

namespace melisai::serve {

/// From a thread of its own; may block until interrupted. Errors: config and usage, when asking
/// again changes nothing.
using MayWrite = std::function<Result<bool>(const WatchedProject&, const store::ApprovalRequest&,
                                            const Interrupt&)>;

/// Who asks the forge at least so often before they give up.
inline constexpr int kApprovalTriesMin = 3;

class Approver final : public supervise::Module {
 public:
  struct Calls {
    MayWrite may_write;
    std::function<bool()> measuring;  ///< a timed run goes on: it is asked a minute later at most
    std::function<void()> approved;   ///< an event may be planned, or a notice delivered
  };
  Approver(Context& context, Calls calls);
  ~Approver() override;

  void start(Done done) override;
  /// Ends the question that is under way; it is asked anew after the next start.
  void stop(Done done) override;
  void check(Checked done) override;

  /// Somebody has asked, or a timed run is over.
  void wake();

 private:
  const WatchedProject* find_project(const std::string& name) const;  ///< null: none
  void begin(const store::ApprovalRequest& request);
  void end(const store::ApprovalRequest& request, const Result<bool>& answer);
  store::ApprovalEnd end_of(const store::ApprovalRequest& request,
                            const Result<bool>& answer) const;
  void tell(const store::ApprovalRequest& request, const store::ApprovalOutcome& outcome);
  void wake_in(Milliseconds delay);
  void answer_stop();

  Context& context_;
  Calls calls_;
  boost::asio::steady_timer timer_;
  boost::asio::thread_pool thread_{1};
  std::shared_ptr<Interrupt> interrupt_;  // of the questions since start()
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool running_ = false;
  bool busy_ = false;
  Done stopped_;
};

}  // namespace melisai::serve
