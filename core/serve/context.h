// Context: what the daemon's parts share. Everything here belongs to the loop's thread; what blocks
// goes to the pool as a function of values, and its result comes back to the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/env_expand.h"
#include "core/base/git.h"
#include "core/base/http_client.h"
#include "core/base/interrupt.h"
#include "core/base/rng.h"
#include "core/model/serve_config.h"
#include "core/serve/attempt_process.h"
#include "core/serve/stored_workflows.h"
#include "core/store/queue.h"
#include "core/supervise/supervise.h"

namespace melisai::serve {

/// The outside world, built by main. The functions may be called from any thread.
struct ServeWorld {
  const Clock& clock;
  const Interrupt& interrupt;
  EnvLookup env;
  std::vector<std::string> environment;  ///< of our own children, "NAME=value"
  std::string program;                   ///< absolute; melisai-gate itself
  MakeRunner make_runner;
  /// A process is started before there is a run for it.
  bool keeps_ready = false;
  std::function<std::unique_ptr<RemoteRepo>(const GitOptions&, const Interrupt&)> open_remote;
  std::function<std::unique_ptr<GitRepo>(const std::string& directory, const GitOptions&,
                                         const Interrupt&)>
      open_repo;
  /// Gives one message to one server; the request: core/mail/README.md.
  std::function<Result<void>(const std::string& request, Milliseconds timeout, const Interrupt&)>
      send_mail = {};
  std::function<Result<std::unique_ptr<HttpClient>>()> open_web = {};
};

// Everybody who asks git servers has a share of the pool's threads, so that servers which hang keep
// nobody waiting but themselves. The rest is for questions to our own disk.
inline constexpr std::size_t kPollsMax = 4;     ///< at once
inline constexpr std::size_t kPlanningMax = 6;  ///< at once, of as many projects
inline constexpr std::size_t kPoolThreads = kPollsMax + kPlanningMax + 2;

/// After the queue could not be read or written: a disk may be full, somebody may look into it.
inline constexpr Milliseconds kQueueRetry{1'000};

struct Context {
  const ServeWorld& world;
  const ServeConfig& config;
  std::string config_text;
  std::string state_dir;
  std::string config_file = {};  ///< absolute; "": none
  std::uint64_t open_files = 0;  ///< that attempts may open; 0: as many as the daemon
  store::Queue& queue;
  boost::asio::io_context& loop;
  boost::asio::thread_pool& pool;
  supervise::EventBus& bus;
  Rng& rng;
  /// In force now. Shared, because a plan in the pool keeps the set that it began with.
  std::shared_ptr<const WorkflowSet> workflows =
      std::make_shared<const WorkflowSet>(WorkflowSet{.all = config.workflows});

  WallTime now() const { return world.clock.now(); }
};

/// `work` on a pool, then `then(its result)` on the loop. Both own what they use; `then` has to
/// know whether its owner still lives.
template <class Work, class Then>
void in_pool(boost::asio::thread_pool& pool, boost::asio::io_context& loop, Work work, Then then) {
  boost::asio::post(pool, [&loop, work = std::move(work), then = std::move(then)]() mutable {
    boost::asio::post(
        loop, [then = std::move(then), result = work()]() mutable { then(std::move(result)); });
  });
}

template <class Work, class Then>
void in_pool(Context& context, Work work, Then then) {
  in_pool(context.pool, context.loop, std::move(work), std::move(then));
}

}  // namespace melisai::serve
