#include "core/serve/attempt_process.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>

#include "core/base/thread.h"

namespace melisai::serve {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// What the loop may still hold when the object is gone: it is told so on the loop's thread.
struct AttemptProcess::Shared {
  Calls calls;
  bool gone = false;

  static void end_on(asio::io_context& loop, std::shared_ptr<Shared> shared, Result<Exit> exit) {
    asio::post(loop, [shared = std::move(shared), exit = std::move(exit)] {
      if (!shared->gone) shared->calls.ended(exit);
    });
  }
};

namespace {

constexpr auto kNotePause = 50ms;

/// Holds the process until the loop has noted it, or it is to end anyway.
class Noting final : public RunObserver {
 public:
  Noting(asio::io_context& loop, std::function<void(const ProcessTree&)> note,
         const Interrupt& interrupt)
      : loop_(loop), note_(std::move(note)), interrupt_(interrupt) {}

  void before_exec(const ProcessTree& tree) override {
    auto noted = std::make_shared<std::promise<void>>();
    std::future<void> done = noted->get_future();
    asio::post(loop_, [note = note_, tree, noted] {
      note(tree);
      noted->set_value();
    });
    while (done.wait_for(kNotePause) != std::future_status::ready && !interrupt_.requested())
      continue;
  }
  void after_last(const ProcessTree&) override {}

 private:
  asio::io_context& loop_;
  std::function<void(const ProcessTree&)> note_;
  const Interrupt& interrupt_;
};

}  // namespace

AttemptProcess::AttemptProcess(asio::io_context& loop, const MakeRunner& make_runner,
                               Command command, Calls calls)
    : shared_(std::make_shared<Shared>()) {
  shared_->calls = std::move(calls);
  std::shared_ptr<ProcessRunner> runner = make_runner(interrupt_);
  auto watch = [this, &loop, runner, shared = shared_, command = std::move(command)] {
    Noting noting(
        loop,
        [shared](const ProcessTree& tree) {
          if (!shared->gone) shared->calls.started(tree);
        },
        interrupt_);
    Shared::end_on(loop, shared, runner->run_observed(command, noting));
  };
  // What somebody pushed may have used up all threads that we may have.
  if (Result<std::jthread> started = start_thread(std::move(watch)); started)
    thread_ = *std::move(started);
  else
    Shared::end_on(loop, shared_, started.error());
}

AttemptProcess::~AttemptProcess() {
  shared_->gone = true;
  interrupt_.request();
  if (thread_.joinable()) thread_.join();
}

}  // namespace melisai::serve
