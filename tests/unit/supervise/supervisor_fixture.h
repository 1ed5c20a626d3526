// A supervisor in virtual time with fake modules, and the words in which its tests speak.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/supervise/supervisor.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_scheduler.h"
#include "tests/unit/supervise/fake_module.h"

namespace melisai::supervise::test {

class SupervisorTest : public testing::Test {
 protected:
  FakeModule& add(ModuleDescriptor descriptor) {
    const std::string id = descriptor.id;
    FakeModule& module = *modules.emplace(id, std::make_unique<FakeModule>(id, &log)).first->second;
    const Result<void> registered = supervisor->register_module(std::move(descriptor), module);
    EXPECT_TRUE(registered) << registered.error().message;
    return module;
  }
  FakeModule& add(std::string id, std::vector<std::string> dependencies = {}) {
    return add(ModuleDescriptor{.id = std::move(id), .dependencies = std::move(dependencies)});
  }
  FakeModule& add_optional(std::string id, std::vector<std::string> dependencies = {}) {
    return add(ModuleDescriptor{
        .id = std::move(id), .dependencies = std::move(dependencies), .required = false});
  }

  void use(SupervisorOptions options) {
    supervisor = std::make_unique<Supervisor>(scheduler, bus, rng, options);
  }

  Supervisor::Done keep(std::optional<Result<void>>& answer) {
    return [&answer](Result<void> result) {
      EXPECT_FALSE(answer) << "answered twice";
      answer = std::move(result);
    };
  }
  void start() { supervisor->start_all(keep(started)); }
  void stop() { supervisor->stop_all(keep(stopped)); }
  void restart(const std::string& id) { supervisor->restart_module(id, keep(restarted)); }

  LifecycleState state(const std::string& id) { return supervisor->module_state(id).value(); }
  std::string name(const std::string& id) { return std::string(name_of(state(id))); }
  ModuleHealth health(const std::string& id) {
    for (ModuleHealth& module : supervisor->system_health().modules)
      if (module.id == id) return std::move(module);
    ADD_FAILURE() << "no module " << id;
    return {};
  }

  /// "type source: message" of the events since the last call, those of `types` only if given.
  std::vector<std::string> told(const std::vector<EventType>& types = {}) {
    std::vector<std::string> lines;
    for (const Event& event : events.take().events)
      if (types.empty() || std::find(types.begin(), types.end(), event.type) != types.end())
        lines.push_back(std::string(name_of(event.type)) + " " + event.source + ": " +
                        event.message);
    return lines;
  }

  FakeScheduler scheduler;
  FakeClock clock;
  EventBus bus{clock};
  Subscription events = bus.subscribe();
  SeededRng rng{1};
  std::vector<std::string> log;  // calls of modules
  std::map<std::string, std::unique_ptr<FakeModule>> modules;
  std::unique_ptr<Supervisor> supervisor =
      std::make_unique<Supervisor>(scheduler, bus, rng, SupervisorOptions{});
  std::optional<Result<void>> started;
  std::optional<Result<void>> stopped;
  std::optional<Result<void>> restarted;
};

}  // namespace melisai::supervise::test
