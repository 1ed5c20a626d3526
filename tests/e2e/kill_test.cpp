// kill -9 of the gate at random moments of a check, with readers beside it: the store stays whole,
// every pair that was finished is there, the next check works. MELISAI_KILLS: how many moments.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

class KilledCheck : public Sandbox {
 protected:
  /// Each finished half leaves a line in our own file, so that we know better than the gate. It
  /// tells one time: where wall and CPU time could both gate, a busy machine makes the gate warm up
  /// with up to three pairs, and nobody could say how many halves belong to them.
  void commit_benchmark() {
    write(".melisai-gate.yaml",
          "version: 1\npipelines:\n  benchmark:\n    trigger: on_commit\n    benchmarks:\n"
          "      - name: cli\n        run: \"sleep 0.005; echo n 1$(date +%N); echo x >> " +
              halves_file() +
              "\"\n"
              "        format: { regex: '^(?P<name>n) (?P<value>\\d+)$', unit: ns }\n");
    commit("base");
    commit("head");
  }
  std::string halves_file() const { return root() + "/halves"; }
  int halves() const {
    std::ifstream file(halves_file());
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, 'x'));
  }
  /// Pairs of the newest run according to `runs --pairs`, checked to be whole and in order.
  int stored_pairs() {
    const Ran ran = gate({"runs", "--pairs", "last"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::istringstream lines(ran.out);
    int pairs = 0;
    for (std::string line; std::getline(lines, line);) {
      const json pair = json::parse(line, nullptr, false);
      EXPECT_TRUE(pair.is_object()) << line;
      if (pair.value("series", "") != "cli/n/wall_time") continue;
      EXPECT_GT(pair["a"], 0);
      EXPECT_GT(pair["b"], 0);
      ++pairs;
    }
    return pairs;
  }
  Ran endless_check(const std::function<void(pid_t)>& started) {
    return check({"--base", "main~1", "--max-pairs", "10000", "--threshold", "0.1%",
                  "--false-alarm", "0.01%", "--miss", "0.01%"},
                 started);
  }
};

int kills() {
  const char* text = std::getenv("MELISAI_KILLS");
  return text == nullptr ? 10 : std::max(1, std::atoi(text));
}

TEST_F(KilledCheck, LosesNoFinishedPairAndNoStore) {
  commit_benchmark();
  const char* seed_text = std::getenv("MELISAI_SEED");
  const unsigned seed =
      seed_text == nullptr ? std::random_device{}() : static_cast<unsigned>(std::atoll(seed_text));
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  int killed = 0;
  for (int round = 0; round < kills(); ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    std::filesystem::remove(halves_file());
    const milliseconds moment(std::uniform_int_distribution<int>(0, 700)(random));
    std::atomic<bool> reading = true;
    std::thread reader;
    const Ran ran = endless_check([&](pid_t pid) {
      reader = std::thread([&] {
        while (reading) {
          const Ran listed = gate({"runs", "--json"});
          EXPECT_EQ(listed.code, 0) << listed.err;
          EXPECT_TRUE(json::parse(listed.out, nullptr, false).is_array()) << listed.out;
        }
      });
      std::this_thread::sleep_for(moment);  // the random moment itself, not a wait for something
      kill(pid, SIGKILL);
    });
    reading = false;
    reader.join();
    if (ran.code == 0) continue;  // it saw an improvement by chance, before its moment came
    ++killed;
    ASSERT_EQ(ran.code, 128 + SIGKILL) << ran.err;
    EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); })) << "something lives on";
    // The warm-up is no pair. The last pair's second half may have ended without the gate having
    // seen it end.
    const int finished = std::max(0, halves() / 2 - 1);
    if (answer_of({"runs", "--json"}).empty()) {
      EXPECT_EQ(finished, 0);
      continue;
    }
    const int stored = finished == 0 ? 0 : stored_pairs();
    EXPECT_GE(stored, finished - 1);
    EXPECT_LE(stored, finished);
  }
  EXPECT_GE(killed, kills() - 1 - kills() / 20);
  std::filesystem::remove(halves_file());
  const Ran next = check({"--base", "main~1", "--max-pairs", "4", "--threshold", "500%"});
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_GE(stored_pairs(), 4);
  const json runs = answer_of({"runs", "--json", "--limit", "1000"});
  ASSERT_FALSE(runs.empty());
  EXPECT_EQ(runs[0]["state"], "finished");
  for (const json& run : runs) EXPECT_NE(run["state"], "running") << "seed " << seed << ": " << run;
  expect_nothing_left();
}

}  // namespace
}  // namespace melisai::e2e
