// The gate proves itself with real processes. Which verdict a busy machine allows is not for a test
// to say, so only the one in full asks for it.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

class Selftest : public Sandbox {
 protected:
  Ran selftest(Words options, const std::function<void(pid_t)>& started = {}) {
    std::filesystem::create_directory(temporary());
    Words words = {"/usr/bin/env", "TMPDIR=" + temporary(), MELISAI_BIN_DIR "/melisai-gate",
                   "selftest", "--json"};
    words.insert(words.end(), options.begin(), options.end());
    return run_program(words, root(), started);
  }
  std::string temporary() const { return root() + "/tmp"; }
};

TEST_F(Selftest, MeasuresBothKindsOfTrials) {
  const Ran ran = selftest({"--budget", "8s", "--max-pairs", "4", "--seed", "3"});
  EXPECT_EQ(ran.code, 3) << "few pairs and little time prove nothing: " << ran.out << ran.err;
  const auto answer = nlohmann::json::parse(ran.out);
  EXPECT_EQ(answer["verdict"], "cannot_tell");
  EXPECT_EQ(answer["seed"], 3);
  EXPECT_EQ(answer["max_pairs"], 4);
  EXPECT_GE(answer["slowdown"], 0.05);
  EXPECT_LT(answer["slowdown"], 0.08);
  EXPECT_GT(answer["run_ms"], 20);
  for (const char* kind : {"equal", "slow"}) {
    const auto& arm = answer[kind];
    EXPECT_GE(arm["trials"], 1) << ran.out;
    EXPECT_EQ(arm["trials"],
              arm["red"].get<int>() + arm["clear"].get<int>() + arm["inconclusive"].get<int>());
    EXPECT_LE(arm["mean_pairs"], 4);
  }
  EXPECT_GE(answer["noise"]["spread"], 0);
  EXPECT_LE(answer["seconds"], 8.5);
  EXPECT_TRUE(std::filesystem::is_empty(temporary()));
}

TEST_F(Selftest, EndsAtASignalWithWhatItHas) {
  const Ran ran = selftest({"--budget", "60s"}, [this](pid_t pid) {
    ASSERT_TRUE(eventually([this] { return !std::filesystem::is_empty(temporary()); }));
    kill(pid, SIGINT);
  });
  EXPECT_EQ(ran.code, 4) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["verdict"], "interrupted");
  EXPECT_TRUE(std::filesystem::is_empty(temporary()));
}

TEST_F(Selftest, QuickEndsWithinAMinuteAndFindsNothingBroken) {
  if (std::getenv("MELISAI_SELFTEST") == nullptr) GTEST_SKIP() << "takes a minute: ci/test --full";
  const auto start = std::chrono::steady_clock::now();
  const Ran ran = selftest({"--quick"});
  EXPECT_LE(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  EXPECT_TRUE(ran.code == 0 || ran.code == 3) << ran.out << ran.err;
  const auto answer = nlohmann::json::parse(ran.out);
  EXPECT_GE(answer["equal"]["trials"], 2);
  EXPECT_GE(answer["slow"]["trials"], 2);
}

}  // namespace
}  // namespace melisai::e2e
