// ThoroughCheck: with orchestrator.optimization.thorough_health_checks, a module that proves what
// runs need before one fails for it: that the state directory and the workspace take a write, that
// the queue's file is intact, and that melisai-gate-git answers for a repository. What is wrong
// makes the system degraded and `status` say why. It looks on a thread of its own, so that what
// hangs holds up nobody, and begins no step of a look while a benchmark runs.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/serve/context.h"

namespace melisai::serve {

// Both are done well before a health check has to be (supervise::ModuleDescriptor).
inline constexpr Bytes kQueueLookMax = 64 << 20;  ///< longer ones are not read as a whole
inline constexpr Milliseconds kGitLookMax{2'000};

class ThoroughCheck final : public supervise::Module {
 public:
  ThoroughCheck(Context& context, std::function<bool()> measuring);
  ~ThoroughCheck() override;

  void start(Done done) override { done({}); }
  void stop(Done done) override { done({}); }
  /// Issues of severity high: a restart would mend none of them.
  void check(Checked done) override;

 private:
  /// Of one look.
  struct Progress {
    std::vector<std::function<std::vector<supervise::Issue>()>> steps;
    std::size_t next = 0;
    std::vector<supervise::Issue> found;
    Checked done;
  };
  std::vector<std::string> next_repository();
  void go_on(Progress progress);

  Context& context_;
  std::function<bool()> measuring_;
  std::vector<supervise::Issue> last_;
  std::size_t next_project_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::thread_pool own_{1};
};

}  // namespace melisai::serve
