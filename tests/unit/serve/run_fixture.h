// Runs, attempts and a queue in a directory of its own, for the tests of the daemon.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/files.h"
#include "core/store/queue.h"

namespace melisai::serve {

inline const std::string kShaA(40, 'a');
inline const std::string kShaB(40, 'b');
inline constexpr WallTime kNow{std::chrono::seconds(1'795'226'400)};  // 2026-11-21T02:00:00Z

inline RunEvent push_of(const std::string& project, const std::string& sha) {
  RunEvent event;
  event.project = project;
  event.ref = "refs/heads/main";
  event.sha = sha;
  event.cause = "push to main";
  event.received_at = kNow;
  return event;
}

/// A private directory and a queue in it.
class WithQueue : public ::testing::Test {
 protected:
  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "serve-test-").value();
  store::Queue queue = store::Queue::open_writer(directory.path()).value();

  /// One run of that pipeline.
  PipelineRun add_run(const std::string& project, const std::string& sha,
                      const std::string& pipeline) {
    const auto accepted = queue.accept(push_of(project, sha));
    EXPECT_TRUE(accepted) << accepted.error().message;
    const auto planned = queue.plan(accepted->event,
                                    {.ref = "refs/heads/main",
                                     .sha = sha,
                                     .configuration = "{}",
                                     .runs = {{.pipeline = pipeline, .after = {}}}},
                                    kNow);
    EXPECT_TRUE(planned) << planned.error().message;
    return planned->value().runs.front();
  }
};

}  // namespace melisai::serve
