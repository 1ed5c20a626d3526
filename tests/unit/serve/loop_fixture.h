// A loop with a fake server behind it, for the tests of the watcher and the planner. The fakes are
// copied for each question, so tests change them only while none is under way.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/serve/context.h"
#include "tests/fakes/fake_git_repo.h"
#include "tests/fakes/fake_remote_repo.h"
#include "tests/unit/serve/config_fixture.h"
#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {

inline const std::string kUrl = "/srv/demo.git";

/// Servers that answer nothing until they are let go.
class HangingServers {
 public:
  ~HangingServers() { let_go(); }
  void let_go() {
    if (!std::exchange(gone_, true)) released_.set_value();
  }
  std::unique_ptr<RemoteRepo> open(const FakeRemoteRepo& answers) {
    return std::make_unique<Remote>(answers, hanging_, wait_);
  }
  void hang(const std::string& url) { hanging_.insert(url); }

 private:
  struct Remote final : FakeRemoteRepo {
    Remote(const FakeRemoteRepo& answers, std::set<std::string> urls, std::shared_future<void> wait)
        : FakeRemoteRepo(answers), hanging(std::move(urls)), released(std::move(wait)) {}
    Result<std::vector<RemoteRef>> refs(const RemoteAddress& address) override {
      if (hanging.contains(address.url)) released.wait();
      return FakeRemoteRepo::refs(address);
    }
    Result<void> fetch(const FetchRequest& request) override {
      if (hanging.contains(request.url)) released.wait();
      return FakeRemoteRepo::fetch(request);
    }
    std::set<std::string> hanging;
    std::shared_future<void> released;
  };
  std::promise<void> released_;
  std::shared_future<void> wait_{released_.get_future()};
  std::set<std::string> hanging_;
  bool gone_ = false;
};

class WithLoop : public WithQueue {
 protected:
  ~WithLoop() override {
    slow_servers.let_go();
    pool.join();
  }

  /// Turns the loop until `enough`; a failure when nothing happens for long.
  void turn_until(const std::function<bool()>& enough) {
    constexpr std::chrono::seconds kPatience{20};
    while (!enough()) ASSERT_GT(loop.run_one_for(kPatience), 0u) << "nothing happens any more";
  }
  void set_refs(const std::map<std::string, std::string>& refs) {
    std::vector<RemoteRef>& all = remote.servers[kUrl];
    all.clear();
    for (const auto& [name, sha] : refs) all.push_back({.name = name, .sha = sha});
  }

  FakeRemoteRepo remote;
  HangingServers slow_servers;
  FakeGitRepo git;
  ServeConfig config = config_of(kProject);
  SystemClock clock;
  Interrupt interrupt;
  SeededRng rng{1};
  boost::asio::io_context loop{1};
  // What is in the pool only is work, too.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      loop.get_executor()};
  boost::asio::thread_pool pool{kPoolThreads};
  supervise::EventBus bus{clock};
  ServeWorld world{
      .clock = clock,
      .interrupt = interrupt,
      .env = [](const std::string&) { return std::nullopt; },
      .environment = {},
      .program = "/nowhere",
      .make_runner = {},
      .open_remote =
          [this](const GitOptions&, const Interrupt&) {
            FakeRemoteRepo answers = remote;
            answers.commits = git.commits;
            return slow_servers.open(answers);
          },
      .open_repo = [this](const std::string&, const GitOptions&,
                          const Interrupt&) { return std::make_unique<FakeGitRepo>(git); }};
  Context context{.world = world,
                  .config = config,
                  .config_text = kProject,
                  .state_dir = directory.path(),
                  .queue = queue,
                  .loop = loop,
                  .pool = pool,
                  .bus = bus,
                  .rng = rng};
};

}  // namespace melisai::serve
