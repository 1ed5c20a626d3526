// A watched root under melisai-gate-exec: who waits for it, stops it and counts for it must notice
// nothing.
#include <gmock/gmock.h>

#include "plugins/process/exit_watch.h"
#include "tests/unit/base/process_fixture.h"

namespace melisai::plugins {
namespace {

class Watcher final : public RunObserver {
 public:
  explicit Watcher(bool guarded) : guarded_(guarded) {}
  void before_exec(const ProcessTree& tree) override { watch_.emplace(tree.root_pid, guarded_); }
  void after_last(const ProcessTree&) override { report = watch_->finish(); }

  ExitReport report;

 private:
  bool guarded_;
  std::optional<ExitWatch> watch_;
};

class WatchedRun : public process_test::ProcessFixture, public ::testing::WithParamInterface<bool> {
 protected:
  Result<Exit> run_watched(const Command& command) {
    return make_process_runner(process_test::kExecPath, interrupt_)
        ->run_observed(command, watcher_);
  }
  Watcher watcher_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Rights, WatchedRun, ::testing::Bool(), [](const auto& param) {
  return std::string(param.param ? "Guarded" : "Free");
});

#define MELISAI_NEED_TRACE() \
  if (watcher_.report.end == WatchEnd::refused) GTEST_SKIP() << why_missing(watcher_.report)

TEST_P(WatchedRun, EndsAsItWould) {
  for (const Command& command :
       {command({MELISAI_EXIT_PROBE, "exit", "7"}), shell("exec " MELISAI_EXIT_PROBE " exit 7")}) {
    const Result<Exit> exit = run_watched(command);
    ASSERT_TRUE(exit) << exit.error().message;
    EXPECT_EQ(exit->end, Exit::End::exited);
    EXPECT_EQ(exit->code, 7);
    MELISAI_NEED_TRACE();
    EXPECT_EQ(watcher_.report.end, WatchEnd::seen) << why_missing(watcher_.report);
  }
}

TEST_P(WatchedRun, CostsTheSame) {
  const Command touch = command({MELISAI_EXIT_PROBE, "touch", "64"});
  const Result<Exit> exit = run_watched(touch);
  ASSERT_TRUE(exit) << exit.error().message;
  MELISAI_NEED_TRACE();
  const Exit alone = run_ok(touch);
  EXPECT_NEAR(static_cast<double>(exit->usage.peak_rss_bytes),
              static_cast<double>(alone.usage.peak_rss_bytes), 2 << 20);
  EXPECT_NEAR(static_cast<double>(exit->usage.minor_faults),
              static_cast<double>(alone.usage.minor_faults), 100);
  EXPECT_NEAR(static_cast<double>(watcher_.report.resident_peak) * 1024,
              static_cast<double>(alone.usage.peak_rss_bytes), 2 << 20);
}

TEST_P(WatchedRun, MeetsItsDeadline) {
  for (const char* script : {"exec sleep 60", "trap '' TERM; while :; do sleep 60; done"}) {
    Command command = shell(script);
    command.timeout = Milliseconds(300);
    const auto begin = process_test::steady_clock::now();
    const Result<Exit> exit = run_watched(command);
    ASSERT_TRUE(exit) << exit.error().message;
    EXPECT_EQ(exit->end, Exit::End::timed_out);
    EXPECT_LT(process_test::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

TEST_P(WatchedRun, FailsAsItWouldWithoutAProgram) {
  const Command missing = command({directory_ + "/missing"});
  const Result<Exit> exit = run_watched(missing);
  const Result<Exit> plain = run(missing);
  ASSERT_FALSE(exit);
  ASSERT_FALSE(plain);
  EXPECT_EQ(exit.error().message, plain.error().message);
}

TEST_P(WatchedRun, SaysNothingOfAProgramThatDidNotBegin) {
  std::ofstream(path("script")) << "#!/missing/interpreter\n";
  std::filesystem::permissions(path("script"), std::filesystem::perms(0755));
  EXPECT_FALSE(run_watched(command({path("script")})));
  MELISAI_NEED_TRACE();
  EXPECT_EQ(watcher_.report.end, WatchEnd::unseen);
}

}  // namespace
}  // namespace melisai::plugins
