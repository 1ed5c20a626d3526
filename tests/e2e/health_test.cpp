// The health part of a check: the host beside base against the host beside head.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Connections to itself; the first argument says how many it forgets to close. They are there when
// a window of two seconds ends.
constexpr const char* kSockets = R"(import socket, sys, time
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(200)
forgotten = []
for i in range(150):
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    client.close()
    if i < int(sys.argv[1]):
        forgotten.append(accepted)
    else:
        accepted.close()
time.sleep(2.5)
)";

// A collector that says of a host what FILE holds: the same on any machine, however loaded.
constexpr const char* kTold = R"(#!/usr/bin/env python3
import json, struct, sys

def send(kind, **fields):
    body = json.dumps({"type": kind, **fields}).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(body)) + body)
    sys.stdout.buffer.flush()

while len(head := sys.stdin.buffer.read(4)) == 4:
    request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
    kind, number = request["type"], request.get("id", 0)
    if kind == "hello":
        send("hello", protocol=1, name="told", version="1", available=True, reason="", metrics=[],
             parts=[{"name": "network_stats", "category": "network", "tier": 1}])
    elif kind == "start":
        send("started", id=number)
    elif kind == "ping":
        send("pong", id=number)
    elif kind == "stop":
        if len(told := open("FILE").read().strip()) == 0:
            sys.exit(1)
        send("result", id=number, part="network_stats", result={"data": json.loads(told)})
        send("stopped", id=number)
    elif kind == "quit":
        break
)";

class HealthOfACheck : public Sandbox {
 protected:
  /// A pipeline file with a profile of one second, and benchmark metrics that four pairs decide on
  /// any machine: a shell's memory differs from run to run by more than its threshold.
  void write_project(const std::string& run, const std::string& health,
                     const std::string& collectors) {
    write_pipeline(run,
                   "gate: { threshold: 1000%, max_pairs: 4, rules: [{ metric: peak_rss, level: "
                   "off }, { metric: minor_faults, level: off }], health: { profile: tiny, " +
                       health + " } }\ncollect:\n  start_max: 10s\n  collectors: [" + collectors +
                       "]\n  profiles: { tiny: { duration: 1s, sample_interval: 100ms } }\n");
  }

  /// Base and head are seen with so many sockets in CLOSE_WAIT.
  void commit_told(const std::string& base, const std::string& head, const std::string& health) {
    told_ = root() + "/told.json";
    plugins_ = root() + "/plugins";
    std::filesystem::create_directories(plugins_);
    std::filesystem::permissions(plugins_, std::filesystem::perms::owner_all);
    std::string text = kTold;
    text.replace(text.find("FILE"), 4, told_);
    ASSERT_TRUE(write_file(plugins_ + "/told.py", text));
    std::filesystem::permissions(plugins_ + "/told.py", std::filesystem::perms::owner_all);
    write_project(say() + "sleep 0.2", health, "told");
    write("saw.json", base);
    commit("base");
    write("saw.json", head);
    commit("head");
  }

  /// At once: the collector may read it at any moment.
  std::string say() const {
    return "cp saw.json " + told_ + ".new; mv " + told_ + ".new " + told_ + "; ";
  }

  static std::string close_wait(int sockets) {
    return R"({"tcp":{"close_wait_count":)" + std::to_string(sockets) + "}}";
  }

  Ran run_check(Words options = {}, const std::function<void(pid_t)>& started = {}) {
    Words argv = {MELISAI_BIN_DIR "/melisai-gate",
                  "check",
                  "-C",
                  repo(),
                  "--output-dir",
                  output(),
                  "--state-dir",
                  state(),
                  "--seed",
                  "1",
                  "--exact",
                  "off",
                  "--base",
                  "main~1"};
    if (!plugins_.empty()) argv.insert(argv.end(), {"--plugin-dir", plugins_});
    argv.insert(argv.end(), options.begin(), options.end());
    return run_program(argv, root(), started);
  }

  std::string told_, plugins_;
};

TEST_F(HealthOfACheck, AHeadThatForgetsSocketsShowsTheAnomaly) {
  write_project("python3 sockets.py $(cat leaks)", "budget: 12s", "procfs");
  write("sockets.py", kSockets);
  write("leaks", "0");
  commit("base");
  write("leaks", "150");
  commit("head");
  const Ran ran = run_check();
  EXPECT_EQ(ran.code, 0) << "level warn" << ran.err;
  const json health = report()["health"];
  EXPECT_GE(health["runs"], 4) << health.dump(1);
  EXPECT_THAT(health["new_anomalies"].dump(), HasSubstr("tcp_close_wait"));
  EXPECT_THAT(ran.out, HasSubstr("new anomaly (critical): sockets in CLOSE_WAIT"));
  expect_nothing_left();
}

TEST_F(HealthOfACheck, TheLevelDecidesTheExitCode) {
  commit_told(close_wait(0), close_wait(150), "budget: 12s, level: fail");
  const Ran red = run_check();
  EXPECT_EQ(red.code, 1) << red.out << red.err;
  EXPECT_EQ(report()["reason_code"], "regressed");
  EXPECT_THAT(report()["reason"], HasSubstr("the host's health score fell by 10 points"));
  EXPECT_EQ(report()["health"]["decision"], "regressed");
}

TEST_F(HealthOfACheck, EqualSidesShowNothing) {
  commit_told(close_wait(150), close_wait(150), "budget: 12s, level: fail");
  const Ran ran = run_check();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const json health = report()["health"];
  EXPECT_EQ(health["decision"], "clear");
  EXPECT_EQ(health["base"]["score"], 90);
  EXPECT_EQ(health["recommendations"], json::array());
  EXPECT_EQ(health["new_anomalies"], json::array());
}

TEST_F(HealthOfACheck, ABudgetForOnePairIsInconclusiveAndSaysSo) {
  commit_told(close_wait(0), close_wait(150), "budget: 2s");
  const Ran ran = run_check();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(report()["health"]["decision"], "inconclusive");
  EXPECT_EQ(report()["health"]["runs"], 1);
  EXPECT_THAT(ran.out, HasSubstr("only 1 run of each side"));
  EXPECT_THAT(ran.out, HasSubstr("raise gate.health.budget"));
}

TEST_F(HealthOfACheck, ACollectorThatIsLostOnOneSideIsNoChange) {
  commit_told(close_wait(150), "", "budget: 4s, level: fail");
  const Ran ran = run_check();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(report()["verdict"], "inconclusive");
  EXPECT_EQ(report()["health"]["runs"], 0);
  EXPECT_EQ(report()["health"]["resolved_anomalies"], json::array());
}

TEST_F(HealthOfACheck, ItCanBeSwitchedOff) {
  commit_told(close_wait(0), close_wait(150), "budget: 8s, level: fail");
  EXPECT_EQ(run_check({"--profile", "none"}).code, 0);
  EXPECT_EQ(report()["health"], nullptr);
  EXPECT_EQ(report()["verdict"], "pass");
}

TEST_F(HealthOfACheck, ItCostsNoRunWhereItsLevelIsOff) {
  commit_told(close_wait(0), close_wait(150), "budget: 8s, level: off");
  EXPECT_EQ(run_check().code, 0);
  EXPECT_EQ(report()["health"], nullptr);
}

TEST_F(HealthOfACheck, CollectorsThatAreOffCannotPassWhereHealthDecides) {
  commit_told(close_wait(0), close_wait(0), "budget: 8s");
  EXPECT_EQ(run_check({"--collectors", "off"}).code, 0);
  EXPECT_EQ(report()["health"], nullptr);
  EXPECT_EQ(report()["verdict"], "pass");
  commit_told(close_wait(0), close_wait(0), "budget: 8s, level: fail");
  EXPECT_EQ(run_check({"--collectors", "off"}).code, 0);
  EXPECT_EQ(report()["verdict"], "inconclusive");
  EXPECT_THAT(report()["reason"], HasSubstr("collectors are off"));
}

TEST_F(HealthOfACheck, UnknownNamesAreRefusedBeforeAnythingRuns) {
  commit_told(close_wait(0), close_wait(0), "budget: 8s");
  const Ran profile = run_check({"--profile", "quik"});
  EXPECT_EQ(profile.code, 2);
  EXPECT_THAT(profile.out + profile.err, HasSubstr("there is no profile 'quik'; there are tiny"));
  write_project("true", "anomalies: [{ metric: tcp_closewait, warning: 1, critical: 2 }]", "told");
  commit("wrong name");
  const Ran anomaly = run_check();
  EXPECT_EQ(anomaly.code, 2);
  EXPECT_THAT(report()["reason"],
              AllOf(HasSubstr(".melisai-gate.yaml:"), HasSubstr("did you mean 'tcp_close_wait'")));
}

TEST_F(HealthOfACheck, AnInterruptLeavesTheVerdictUnlessHealthDecides) {
  for (const std::string level : {"warn", "fail"}) {
    commit_told(close_wait(0), close_wait(0), "");
    const std::string runs = root() + "/runs-" + level;
    write_project(say() + "echo >> " + runs + "; sleep 0.05", "budget: 60s, level: " + level,
                  "told");
    commit("long");
    const Ran ran = run_check({}, [&](pid_t pid) {
      // Far more than the timed pairs take.
      EXPECT_TRUE(eventually(
          [&] { return std::filesystem::exists(runs) && std::filesystem::file_size(runs) > 30; }));
      kill(pid, SIGINT);
    });
    EXPECT_EQ(report()["verdict"], level == "warn" ? "pass" : "inconclusive") << ran.err;
    EXPECT_EQ(report()["health"]["decision"], "inconclusive");
    EXPECT_THAT(report()["health"]["note"], HasSubstr("interrupted"));
    expect_nothing_left();
  }
}

TEST_F(HealthOfACheck, ABenchmarkThatOnlyHeadHasDoesNotEndIt) {
  commit_told(close_wait(0), close_wait(150), "budget: 12s");
  std::string text = *read_file(repo() + "/.melisai-gate.yaml", 1 << 20);
  text.insert(text.find("      - { name: cli"), "      - { name: fresh, run: ./fresh.sh }\n");
  write(".melisai-gate.yaml", text);
  write("fresh.sh", "#!/bin/sh\nexit 0\n");
  git({"add", "-A"});
  git({"commit", "--amend", "-q", "-m", "head"});
  const Ran ran = run_check();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(report()["health"]["runs"], 4) << report()["health"].dump(1);
}

}  // namespace
}  // namespace melisai::e2e
