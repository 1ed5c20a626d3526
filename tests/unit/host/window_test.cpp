// How long a window is open. The collectors are none.
#include "core/host/window.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_process_runner.h"

namespace melisai::host {
namespace {

using namespace std::chrono_literals;

/// Each look takes 100 ms.
class SteppingClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return time_ += 100ms; }
  std::chrono::system_clock::time_point now() const override { return {}; }

 private:
  mutable std::chrono::nanoseconds time_{0};
};

class WindowOfCollect : public ::testing::Test {
 protected:
  Window observed(const CollectRequest& request, std::chrono::nanoseconds deadline) {
    collect::Collectors none({}, {}, clock_);
    return observe(request, none, deadline, world_).value();
  }
  Milliseconds given(const CollectRequest& request, std::chrono::nanoseconds deadline) {
    observed(request, deadline);
    return processes_.commands.back().timeout;
  }
  static CollectRequest watching(const std::vector<std::string>& command) {
    CollectRequest request;
    request.profile.duration = 1s;
    request.command = command;
    return request;
  }

  SteppingClock clock_;
  FakeProcessRunner processes_;
  SilentProgress progress_;
  World world_{.clock = clock_,
               .processes = processes_,
               .progress = progress_,
               .env = {},
               .open_repo = {},
               .interrupted = [] { return false; },
               .plugins = {}};
};

TEST_F(WindowOfCollect, TakesTheDurationAndEndsAtTheDeadline) {
  const CollectRequest request = watching({});
  EXPECT_GE(observed(request, 1h).seconds, 1.0);
  EXPECT_LT(observed(request, clock_.monotonic() + 500ms).seconds, 1.0);
}

TEST_F(WindowOfCollect, GivesACommandTheTimeThatIsLeft) {
  const Milliseconds left = given(watching({"true"}), clock_.monotonic() + 60s);
  EXPECT_LT(left, 60s);
  EXPECT_GT(left, 59s);
  EXPECT_EQ(given(watching({"true"}), 0s), 1ms) << "0 would be no limit";
}

TEST_F(WindowOfCollect, GivesACommandNoMoreThanWasAskedFor) {
  CollectRequest request = watching({"true"});
  request.command_max = 2s;
  EXPECT_EQ(given(request, clock_.monotonic() + 60s), 2s);
  EXPECT_LT(given(request, clock_.monotonic() + 1s), 1s);
}

TEST_F(WindowOfCollect, SaysHowTheCommandEnded) {
  const Window well = observed(watching({"true"}), 1h);
  EXPECT_EQ(well.end, "exit code 0");
  processes_ = FakeProcessRunner([](const Command&) { return Exit{.code = 3}; });
  const Window badly = observed(watching({"false"}), 1h);
  EXPECT_EQ(badly.end, "exit code 3");
  ASSERT_TRUE(badly.exit);
  EXPECT_EQ(badly.exit->code, 3);
  EXPECT_FALSE(observed(watching({}), 1h).exit);
}

}  // namespace
}  // namespace melisai::host
