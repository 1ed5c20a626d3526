// TriggerProgram: one custom trigger: a program of the operator whose lines start runs. It runs
// like an attempt, so that its whole tree ends with it and with the daemon, and writes into a FIFO
// that is ours. A line counts once it is in the queue: while that takes none, or too many events of
// this trigger wait to be planned, nothing more is read and the program has to wait.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/serve/context.h"
#include "core/trigger/trigger.h"

namespace melisai::serve {

/// How long a program rests before its next start, after so many ends in a row that each came
/// within a minute: 1 s, doubled up to 5 min.
Milliseconds restart_delay(int quick_ends);

struct TriggerView {
  std::string name;
  std::string project;
  std::string state;  ///< running, waiting (for its next start), ended, stopped
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;  ///< lines that say nothing sensible, or what is not allowed
  std::uint64_t dropped = 0;  ///< lines beyond the limit of a minute
  int starts = 0;
  std::string problem;  ///< how its last run ended, when that was not well; ""
};

class TriggerProgram final : public supervise::Module {
 public:
  /// `accepted`: something new is in the queue.
  TriggerProgram(Context& context, const CustomTrigger& trigger, std::function<void()> accepted);

  void start(Done done) override;
  void stop(Done done) override;
  /// An issue while it ends again and again, or has ended badly for good.
  void check(Checked done) override;

  TriggerView view() const;
  const CustomTrigger& trigger() const { return trigger_; }

 private:
  enum class State { stopped, running, waiting, ended };
  Result<void> open_fifo();
  void launch();
  Command command() const;
  void on_ended(const Result<Exit>& exit);
  void conclude();
  void listen();
  void pause_reading(std::chrono::nanoseconds time);
  void pump();
  bool read_part();
  void note(const Result<trigger::CustomTriggerReader::Batch>& batch);
  bool accept_pending();
  Result<void> accept(const trigger::CustomFiring& firing);
  Result<bool> may_accept(const trigger::CustomFiring& firing) const;
  Result<bool> has_room() const;
  void refuse(const Error& error);
  std::string how_it_ended(const Result<Exit>& exit) const;
  std::string directory() const { return context_.state_dir + "/triggers/" + trigger_.name; }

  Context& context_;
  const CustomTrigger& trigger_;
  const WatchedProject* project_ = nullptr;
  std::function<void()> accepted_;
  boost::asio::posix::stream_descriptor fifo_;
  boost::asio::steady_timer restart_timer_;
  boost::asio::steady_timer read_timer_;
  std::unique_ptr<AttemptProcess> process_;
  std::unique_ptr<trigger::CustomTriggerReader> reader_;  // of this start
  std::deque<trigger::CustomFiring> pending_;             // read, and not in the queue yet
  State state_ = State::stopped;
  bool process_ended_ = false;  // and its last lines are still to be read
  bool listening_ = false;
  int quick_ends_ = 0;
  std::chrono::nanoseconds started_{};
  std::chrono::nanoseconds logged_since_{};
  int logged_ = 0;
  std::uint64_t dropped_before_ = 0;  // by readers of earlier starts
  TriggerView counts_;
  std::shared_ptr<bool> running_;  // false from stop() on; late answers look at it
  Done stopped_;
};

using Triggers = std::vector<std::unique_ptr<TriggerProgram>>;

}  // namespace melisai::serve
