// Watcher: asks the repositories for news and hands what is new to the queue.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/serve/context.h"
#include "core/trigger/trigger.h"

namespace melisai::serve {

class Watcher final : public supervise::Module {
 public:
  /// `accepted`: something new is in the queue.
  Watcher(Context& context, std::function<void()> accepted);
  ~Watcher() override;

  void start(Done done) override;
  void stop(Done done) override;
  /// An issue for each repository that could not be reached for long; all of them: a failure.
  void check(Checked done) override;

  /// Nothing while it is stopped.
  const trigger::PollSchedule* schedule() const { return schedule_ ? &*schedule_ : nullptr; }
  /// Why the last poll failed; "" when it did not.
  std::string problem_of(const std::string& project) const;

 private:
  const WatchedProject& project(const std::string& name) const;
  void arm();
  /// Of those that are due, as many as may be asked at once.
  void poll_waiting();
  void poll(const WatchedProject& project);
  using Known = std::vector<store::RefState>;
  void on_refs(const std::string& name, const Result<Known>& before,
               const Result<std::vector<RemoteRef>>& refs);
  Result<void> take(const WatchedProject& project, const Known& before,
                    const std::vector<RemoteRef>& refs);

  Context& context_;
  std::function<void()> accepted_;
  boost::asio::steady_timer timer_;
  std::optional<trigger::PollSchedule> schedule_;
  std::map<std::string, std::string> problems_;
  std::deque<std::string> waiting_;  // due, oldest first
  std::size_t asking_ = 0;           // also before the last stop()
  std::shared_ptr<bool> running_;    // false from stop() on; late answers look at it
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace melisai::serve
