// `melisai-gate collect -- COMMAND`.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/support/collect.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CollectCommand : public Collect {};

TEST_F(CollectCommand, IsWatchedWithItsProcesses) {
  const Ran ran = collect(
      {"-o", file(), "--", "sh", "-c",
       "sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'; echo said; echo so >&2"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("collect: until 'sh' ends"));
  EXPECT_THAT(ran.err, HasSubstr("said\nso\n"));
  EXPECT_EQ(ran.out, "");
  expect_valid();
  const json report = written();
  EXPECT_LT(report["metadata"]["window_seconds"], 30.0);
  const json processes = result(report, "process_info");
  EXPECT_THAT(processes["errors"], IsEmpty());
  ASSERT_FALSE(processes["data"]["top_by_cpu"].empty());
  double used = 0;
  for (const json& process : processes["data"]["top_by_cpu"])
    if (process["comm"] == "sh") used = std::max(used, process["cpu_pct"].get<double>());
  EXPECT_GT(used, 10) << "what the inner shell used counts for the root of the tree: "
                      << processes["data"]["top_by_cpu"];
}

TEST_F(CollectCommand, ThatFailsGetsAReportThatSaysSo) {
  const Ran ran = collect({"--explain", "-o", file(), "--", "sh", "-c", "TOKEN=hidden; exit 7"});
  EXPECT_EQ(ran.code, 0);
  expect_valid();
  const json report = written();
  EXPECT_THAT(result(report, "process_info")["errors"], IsEmpty())
      << "that a command fails is no collector's mistake";
  const json& about = report["metadata"];
  EXPECT_EQ(about["target"]["command"], "sh -c 'TOKEN=***; exit 7'");
  EXPECT_EQ(about["target"]["end"], "exit code 7");
  EXPECT_EQ(about["target"]["exit_code"], 7);
  EXPECT_GT(about["target"]["peak_rss_bytes"], 0);
  EXPECT_FALSE(about["interrupted"]);
  EXPECT_NE(about["duration"], "10s") << "the profile's";
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\nWatched command: sh -c 'TOKEN=***; exit 7'\n"),
                             HasSubstr("\n- exit code 7 after "), HasSubstr(" of CPU time, "),
                             Not(HasSubstr("Not seen:\n- process_info"))));
}

TEST_F(CollectCommand, IsDrawnAsFlameGraphs) {
  const std::string flame = root() + "/flame";
  const Ran without = collect({"--flame", flame, "-o", file(), "--", "true"});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("--flame: profile 'quick' looks at no stacks"));
  EXPECT_FALSE(std::filesystem::exists(file())) << "nobody waited for it";
  const Ran ran = collect({"--flame", flame, "-o", file(), "--", "sh", "-c",
                           "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done"},
                          {}, "deep");
  EXPECT_EQ(ran.code, 0) << ran.err;
  if (!result(written(), "profile")["data"].empty()) {
    EXPECT_TRUE(std::filesystem::exists(flame + "/on-cpu.svg")) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("/flame/on-cpu.svg\n"));
  } else {
    EXPECT_THAT(ran.err, HasSubstr("flame: no graph, because no stacks were collected"));
  }
}

TEST_F(CollectCommand, IsEndedAtTheDurationThatWasAskedFor) {
  const Ran ran =
      collect({"--duration", "2s", "-o", file(), "--", "sh", "-c", "sleep 600; : " + root()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("until 'sh' ends, at most 2 s"), HasSubstr("the command: ")));
  expect_valid();
  EXPECT_THAT(result(written(), "process_info")["errors"], IsEmpty());
  EXPECT_NE(written()["metadata"]["target"]["end"], "");
  EXPECT_GE(written()["metadata"]["window_seconds"], 2.0);
  EXPECT_LT(written()["metadata"]["window_seconds"], 10.0);
  expect_no_process_left();
}

TEST_F(CollectCommand, ThatEndsBeforeTheDurationIsNotWaitedFor) {
  const Ran ran = collect({"--duration", "60s", "-o", file(), "--", "true"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_LT(written()["metadata"]["window_seconds"], 30.0);
  EXPECT_THAT(result(written(), "process_info")["errors"], IsEmpty());
}

TEST_F(CollectCommand, NeedsADirectoryForTemporaryFiles) {
  const Ran ran = run_program({"/usr/bin/env", "TMPDIR=" + root() + "/missing",
                               MELISAI_BIN_DIR "/melisai-gate", "collect", "--", "true"},
                              root());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("TMPDIR"), Not(HasSubstr("defect"))));
}

TEST_F(CollectCommand, ThatIsNotThereIsAnErrorOfThisMachine) {
  const Ran ran = collect({"-o", file(), "--", "no-such-program-anywhere"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("no-such-program-anywhere"));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(CollectCommand, IsEndedByASignalWithItsTree) {
  const std::string script = root() + "/script", started = root() + "/started";
  std::ofstream(script) << "setsid sleep 600 " + root() + " & touch " + started + "; sleep 600; :";
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ran ran = collect({"-o", file(), "--", "sh", script}, [&](pid_t pid) {
      EXPECT_TRUE(eventually([&] { return std::filesystem::exists(started); }));
      kill(pid, signal);
    });
    EXPECT_EQ(ran.code, 0) << ran.err;
    expect_valid();
    EXPECT_TRUE(written()["metadata"]["interrupted"]);
    expect_no_process_left();
    std::filesystem::remove(file());
    std::filesystem::remove(started);
  }
}

}  // namespace
}  // namespace melisai::e2e
