// What must hold of the supervisor whatever happens in whatever order: seeded walks of operations,
// answers, failures and time. A failure names its seed and step.
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "tests/unit/supervise/supervisor_fixture.h"

namespace melisai::supervise {
namespace properties_test {

using namespace std::chrono_literals;

constexpr std::size_t kModulesMax = 12;

// Answers at once, late, twice, with errors, or never; as chance has it.
class WildModule final : public Module {
 public:
  explicit WildModule(SeededRng& rng) : rng_(rng) {}

  void start(Done done) override { answer(std::move(done)); }
  void stop(Done done) override { answer(std::move(done)); }
  void check(Checked done) override {
    const std::uint64_t how = rng_.below(10);
    if (how < 7) done(std::vector<Issue>{});
    if (how == 7) done(std::vector<Issue>{{IssueSeverity::critical, "no"}});
    if (how == 8) done(Error{Errc::io, "no"});
  }
  /// Gives one of the answers that are still owed, maybe one that nobody waits for any more.
  void answer_late() {
    if (owed_.empty()) return;
    const std::size_t chosen = rng_.below(owed_.size());
    const Done done = owed_[chosen];
    if (rng_.below(4) > 0) owed_.erase(owed_.begin() + static_cast<std::ptrdiff_t>(chosen));
    done(how());
  }

 private:
  Result<void> how() {
    const std::uint64_t draw = rng_.below(20);
    if (draw == 0) return Error{Errc::config, "wrong"};
    if (draw < 4) return Error{Errc::io, "no"};
    return {};
  }
  void answer(Done done) {
    if (rng_.below(3) == 0) {
      owed_.push_back(std::move(done));
      return;
    }
    done(how());
    if (rng_.below(10) == 0) done(how());
  }

  SeededRng& rng_;
  std::vector<Done> owed_;
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed)
      : rng_(seed),
        supervisor_(scheduler_, bus_, rng_,
                    {.parallel = rng_.below(2) == 0, .start_delay = Milliseconds(rng_.below(2))}) {
    for (std::size_t i = 0; i < 5; ++i) add();
  }

  void step() {
    switch (rng_.below(12)) {
      case 0: return add();
      case 1: return start();
      case 2: return rng_.below(5) == 0 ? stop() : void();
      case 3: return ask([&](auto done) { supervisor_.restart_module(some_id(), done); });
      case 4: return fail();
      case 5: return pass(Time(rng_.below(100'000'000'000)));
      case 6: return pass(Time(rng_.below(1'000'000'000)));
      default: modules_[rng_.below(modules_.size())]->answer_late();
    }
  }

  void check() {
    for (const Event& event : events_.take().events) follow(event);
    std::set<std::string> running;
    const SystemHealth system = supervisor_.system_health();
    for (const ModuleHealth& module : system.modules) {
      const bool up = is_up(module.state);
      for (const std::string& needed : needs_[module.id])
        ASSERT_TRUE(!up || running.contains(needed))
            << module.id << " is up while " << needed << " does not run";
      if (std::holds_alternative<Running>(module.state)) running.insert(module.id);
      ASSERT_EQ(last_event_[module.id] == EventType::module_starting,
                std::holds_alternative<Starting>(module.state))
          << module.id;
      ASSERT_LE(module.attempts, RestartOptions{}.attempts_max);
    }
  }

  /// Whatever state this is: everything ends in time, and every question gets its answer.
  void end() {
    const Time begun = scheduler_.now();
    std::optional<Time> stopped;
    supervisor_.stop_all([&](const Result<void>&) { stopped = scheduler_.now(); });
    scheduler_.run_for(1h);
    ASSERT_TRUE(stopped);
    ASSERT_LE(*stopped - begun, 30s);
    ASSERT_EQ(asked_, answered_);
    check();
    ASSERT_EQ(scheduler_.waiting(), 0U);
  }

 private:
  std::string some_id() { return "m" + std::to_string(rng_.below(modules_.size() + 1)); }

  void add() {
    if (modules_.size() == kModulesMax) return;
    ModuleDescriptor descriptor{.id = "m" + std::to_string(modules_.size()),
                                .required = rng_.below(2) == 0};
    for (std::size_t i = 0; i < modules_.size(); ++i)
      if (rng_.below(3) == 0) descriptor.dependencies.push_back("m" + std::to_string(i));
    auto module = std::make_unique<WildModule>(rng_);
    // Known before the call: the module may start within it.
    needs_[descriptor.id] = {descriptor.dependencies.begin(), descriptor.dependencies.end()};
    modules_.push_back(std::move(module));
    if (!supervisor_.register_module(std::move(descriptor), *modules_.back())) modules_.pop_back();
  }

  template <class Ask>
  void ask(Ask operation) {
    ++asked_;
    operation([this, answered = false](const Result<void>&) mutable {
      EXPECT_FALSE(std::exchange(answered, true)) << "answered twice";
      ++answered_;
    });
  }
  void start() {
    ask([&](auto done) { supervisor_.start_all(done); });
  }
  void stop() {
    ask([&](auto done) { supervisor_.stop_all(done); });
  }
  void fail() {
    const auto failure = static_cast<FailureClass>(rng_.below(6));
    // Refused when the module does not run, or does not exist.
    std::ignore = supervisor_.report_failure(some_id(), failure, {Errc::process, "died"});
  }
  void pass(Time time) {
    scheduler_.run_for(time);
    if (time >= SupervisorOptions{}.startup_timeout) {
      EXPECT_EQ(asked_, answered_);
    }
  }

  // Every start ends exactly once: in module_running, or in module_stopping.
  void follow(const Event& event) {
    if (event.type < EventType::module_starting || event.type > EventType::module_stopped) return;
    EventType& last = last_event_[event.source];
    if (event.type == EventType::module_starting) {
      EXPECT_NE(last, EventType::module_starting) << event.source << " was started twice";
    }
    if (event.type == EventType::module_running) {
      EXPECT_EQ(last, EventType::module_starting) << event.source << " runs without a start";
    }
    last = event.type;
  }

  FakeScheduler scheduler_;
  FakeClock clock_;
  EventBus bus_{clock_, {.events = 100'000, .per_subscriber = 100'000}};
  Subscription events_ = bus_.subscribe();
  SeededRng rng_;
  std::vector<std::unique_ptr<WildModule>> modules_;
  std::map<std::string, std::set<std::string>> needs_;
  std::map<std::string, EventType> last_event_;
  Supervisor supervisor_;
  int asked_ = 0;
  int answered_ = 0;
};

TEST(SupervisorProperties, HoldInRandomWalks) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Walk walk(seed);
    for (int step = 0; step < 200; ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
      walk.step();
      walk.check();
      if (testing::Test::HasFatalFailure()) return;
    }
    SCOPED_TRACE("seed " + std::to_string(seed) + ", end");
    walk.end();
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace properties_test
}  // namespace melisai::supervise
