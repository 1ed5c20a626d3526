// kill -9 of the daemon at random moments: every run that was accepted ends with one outcome.
// MELISAI_KILLS: how many moments.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kTriggersPerRound = 2;

int kills() {
  const char* text = std::getenv("MELISAI_KILLS");
  return text == nullptr ? 20 : std::max(1, std::atoi(text));
}

unsigned seed() {
  const char* text = std::getenv("MELISAI_SEED");
  return text == nullptr ? std::random_device{}() : static_cast<unsigned>(std::atoll(text));
}

class KilledServe : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    const std::string note = "; echo $MELISAI_PIPELINE $MELISAI_COMMIT >> " + root() + "/ran\" }\n";
    write_pipelines(
        "build: { trigger: on_commit, run: \"sleep 0.03\" }\n"
        "test: { trigger: after_build, run: \"sleep 0.05" +
        note + "lint: { trigger: on_commit, run: \"sleep 0.02" + note);
    last_ = push();
  }

  /// One life of the daemon; while it lasts, runs are asked for by hand.
  void live(milliseconds life) {
    launch();
    std::atomic<bool> living = true;
    std::thread asking([&] {
      for (int i = 0; living && i < kTriggersPerRound;)
        if (gate({"trigger", "lint"}).code == 0) ++i, ++accepted_;
    });
    std::this_thread::sleep_for(life);  // the random moment itself, not a wait for something
    kill_daemon();
    living = false;
    asking.join();
  }

  /// Everything was planned and has ended.
  bool is_all_done() {
    return query(
               "SELECT (SELECT count(*) FROM runs WHERE state <> 'finished') + "
               "(SELECT count(*) FROM events WHERE state = 'open')") ==
           std::vector<std::string>{"0"};
  }
  /// Lines "lint SHA" of the stages that really ran.
  std::set<std::string> ran() const {
    std::ifstream file(root() + "/ran");
    std::set<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.insert(line);
    return lines;
  }

  std::string last_;  // pushed
  int accepted_ = 0;  // by hand, as the daemon said
};

TEST_F(KilledServe, LosesNoAcceptedRun) {
  const unsigned chosen = seed();
  SCOPED_TRACE("MELISAI_SEED=" + std::to_string(chosen));
  std::mt19937 random(chosen);
  for (int round = 0; round < kills(); ++round) {
    if (random() % 2 == 0) last_ = push("push of round " + std::to_string(round));
    live(milliseconds(std::uniform_int_distribution<int>(0, 600)(random)));
  }
  start();
  // A push of the last rounds may not have been seen yet.
  ASSERT_TRUE(eventually(
      [&] {
        return query("SELECT 1 FROM runs WHERE pipeline = 'test' AND sha = '" + last_ + "'")
                       .size() == 1 &&
               is_all_done();
      },
      std::chrono::seconds(120)));
  EXPECT_THAT(query("PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_THAT(query("SELECT * FROM attempts WHERE ended_ms IS NULL"), IsEmpty());
  EXPECT_THAT(query("SELECT * FROM events WHERE state <> 'planned'"), IsEmpty());
  EXPECT_THAT(query("SELECT e.id, count(r.id) AS n FROM events e LEFT JOIN runs r ON r.event = e.id"
                    " GROUP BY e.id HAVING n <> iif(e.kind = 'manual', 1, 3)"),
              IsEmpty());
  // The answer may be lost of what was accepted, never the other way round.
  EXPECT_GE(std::stoi(query("SELECT count(*) FROM events WHERE kind = 'manual'").front()),
            accepted_);
  EXPECT_GT(accepted_, 0);
  // A run that died with the daemon again and again is given up, and what waits for it with it.
  EXPECT_THAT(query("SELECT pipeline, number, outcome, reason FROM runs WHERE outcome NOT IN "
                    "('passed', 'superseded') AND (SELECT count(*) FROM attempts a, runs o WHERE "
                    "a.run = o.id AND o.event = runs.event AND a.outcome = 'error') <= 5"),
              IsEmpty());
  const std::set<std::string> really = ran();
  for (const std::string& line : query("SELECT pipeline || ' ' || sha FROM runs WHERE "
                                       "outcome = 'passed' AND pipeline <> 'build'"))
    EXPECT_TRUE(really.contains(line)) << line << " passed without having run";
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(processes_with(root()), IsEmpty());
}

}  // namespace
}  // namespace melisai::e2e
