// Engines: the slots in which runs are attempted. Chooses what starts, watches its process, and
// writes down how it ended. An engine has nothing that could break apart from its run, so that
// "error" means: its last attempt ended by a fault of ours.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/serve/context.h"
#include "core/serve/ready_attempt.h"

namespace melisai::serve {

enum class EngineState { idle, running, paused, error, stopped };
std::string_view to_string(EngineState state);

struct EngineView {
  int number = 0;  ///< from 1
  EngineState state = EngineState::stopped;
  std::string run;                ///< "demo/build#12", "" when it has none
  std::optional<WallTime> since;  ///< of its attempt
};

class Engines final : public supervise::Module {
 public:
  explicit Engines(Context& context);
  ~Engines() override;

  /// First ends what an earlier daemon left, and queues it again.
  void start(Done done) override;
  /// Ends what runs; it is queued again.
  void stop(Done done) override;
  /// Besides the queue: whether what could start does.
  void check(Checked done) override;

  /// Starts what may start now.
  void wake();
  /// Asks the attempt of that run to end; nothing when it has none.
  void end_run(std::int64_t run);
  Result<void> pause(const std::string& reason);
  Result<void> resume();  ///< but no pipeline that is paused by itself

  /// Called when a run has begun or ended.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
  /// A run that measures goes on.
  bool measuring() const;

  std::vector<EngineView> view() const;

 private:
  struct Engine {
    int number = 0;
    EngineState state = EngineState::stopped;
    PipelineRun run;
    Attempt attempt;
    std::unique_ptr<AttemptProcess> process;  // until the queue knows how it ended
    Fd task;                                  // which that process reads, if it was ready before
  };
  Result<void> recover();
  std::vector<PipelineRun> startable(const std::vector<PipelineRun>& ready) const;
  Result<void> begin(Engine& engine, const PipelineRun& run);
  bool begin_ready(Engine& engine, std::function<void(Result<Exit>)> ended);
  void tell_run(Engine& engine, const ProcessTree& tree);
  void prepare_ready();
  void arm_ready(Milliseconds delay);
  Result<void> note(const Engine& engine, const ProcessTree& tree);
  void on_ended(Engine& engine, const Result<Exit>& exit);
  Result<std::vector<Attempt>> attempts_before(const Attempt& attempt) const;
  Result<store::AttemptEnd> end_with(const Engine& engine, const Result<Exit>& exit) const;
  /// How the run ended in the queue; nothing when it is tried again.
  using Closed = std::optional<PipelineRun::Outcome>;
  Result<Closed> close(const PipelineRun& run, const Attempt& attempt,
                       const store::AttemptEnd& end);
  void tell(const PipelineRun& run);
  void write_again(Engine& engine, const Result<Exit>& exit);
  bool has_room() const;
  void look_again(const Error& error);
  void arm(WallTime now);
  void wake_in(Milliseconds delay);
  void answer_stop();

  Context& context_;
  /// For start(): nothing that asks a git server may keep attempts from starting.
  boost::asio::thread_pool own_{1};
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer ready_timer_;
  std::unique_ptr<ReadyAttempt> ready_;
  int ready_count_ = 0;  // that were started
  std::vector<Engine> engines_;
  std::string boot_id_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  /// Raised by start() and stop(): late answers of an earlier start() count for nothing.
  std::shared_ptr<std::atomic<int>> generation_ = std::make_shared<std::atomic<int>>(0);
  bool stopping_ = true;
  Done stopped_;
  std::function<void()> changed_ = [] {};
};

}  // namespace melisai::serve
