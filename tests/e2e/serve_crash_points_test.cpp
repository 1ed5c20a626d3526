// kill -9 of the daemon at every moment at which it makes something last, one after the other.
// MELISAI_CRASH_STRIDE: only every so-manieth moment (1: all; default: about ten of them).
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kMomentsMax = 200;  // a daemon that never gets through does not stop this test else

class ServeCrash : public Serve, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_pipelines(
        "build: { trigger: on_commit, run: \"true\" }\n"
        "test: { trigger: after_build, run: \"echo test >> " +
        ran() +
        "\" }\n"
        "lint: { trigger: manual, run: \"echo lint >> " +
        ran() + "\" }\n");
    push();
  }
  std::string ran() const { return root() + "/ran"; }

  /// A daemon without a past, which dies at the n-th moment; false: it came to the end before.
  bool dies_at(int n) {
    std::filesystem::remove_all(state());
    std::filesystem::remove(ran());
    accepted_ = 0;
    launch({"LD_PRELOAD=" MELISAI_CRASH_AT,
            "MELISAI_TEST_CRASH=" + std::string(GetParam()) + ":" + std::to_string(n)});
    bool asked = false;
    int status = 0;
    const bool decided = eventually(
        [&] {
          if (waitpid(daemon(), &status, WNOHANG) == daemon()) return true;
          if (!asked && gate({"trigger", "lint"}).code == 0) asked = true, ++accepted_;
          return asked && is_all_done(2);
        },
        std::chrono::seconds(60));
    EXPECT_TRUE(decided) << daemon_log();
    const bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (died) forget_daemon();
    return died;
  }

  /// At least so many events were accepted, and all of them have ended.
  bool is_all_done(int events) {
    return query("SELECT (SELECT count(*) FROM events) >= " + std::to_string(events) +
                 " AND (SELECT count(*) FROM runs WHERE state <> 'finished') = 0"
                 " AND (SELECT count(*) FROM events WHERE state = 'open') = 0") == Words{"1"};
  }

  void expect_nothing_lost() {
    EXPECT_THAT(query("PRAGMA integrity_check"), ElementsAre("ok"));
    EXPECT_THAT(query("SELECT * FROM attempts WHERE ended_ms IS NULL"), IsEmpty());
    EXPECT_THAT(query("SELECT outcome FROM runs"), Each("passed"));
    EXPECT_THAT(query("SELECT pipeline FROM runs WHERE pipeline <> 'lint' ORDER BY id"),
                ElementsAre("build", "test"));
    const int asked = std::stoi(query("SELECT count(*) FROM runs WHERE pipeline = 'lint'").front());
    EXPECT_GE(asked, accepted_);
    std::ifstream file(ran());
    Words lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    EXPECT_GE(std::count(lines.begin(), lines.end(), "test"), 1);
    EXPECT_GE(std::count(lines.begin(), lines.end(), "lint"), asked);
  }

  static int stride() {
    const char* const text = std::getenv("MELISAI_CRASH_STRIDE");
    if (text != nullptr) return std::max(1, std::atoi(text));
    return std::string(GetParam()) == "after-sync" ? 3 : 11;
  }

  int accepted_ = 0;  // by hand, as the daemon said
};

TEST_P(ServeCrash, LosesNothingAtAnyMoment) {
  int moment = 1;
  for (; moment < kMomentsMax && dies_at(moment); moment += stride()) {
    SCOPED_TRACE(GetParam() + std::string(" ") + std::to_string(moment));
    start();
    ASSERT_TRUE(eventually([&] { return is_all_done(1 + accepted_); }, std::chrono::seconds(60)));
    expect_nothing_lost();
    EXPECT_EQ(stop(), 0);
    if (HasFailure()) return;
  }
  // An event is accepted and planned, three runs begin, are noted and end.
  EXPECT_GT(moment, 10) << "these were not all the moments";
  kill_daemon();
}

INSTANTIATE_TEST_SUITE_P(Each, ServeCrash, ::testing::Values("after-sync", "before-write"),
                         [](const auto& param) {
                           return std::string(param.param) == "after-sync" ? "AfterSync"
                                                                           : "BeforeWrite";
                         });

}  // namespace
}  // namespace melisai::e2e
