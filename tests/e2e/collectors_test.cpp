// Collectors around a check: they explain, they are named when they fail, they never decide.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/support/plugins.h"
#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CollectorsInACheck : public Sandbox {
 protected:
  /// A benchmark whose verdict is a pass on any machine.
  void commit_seeded(const std::string& collect = "") {
    write_seeded_pipeline();
    write(".melisai-gate.yaml", text_of(repo() + "/.melisai-gate.yaml") + collect);
    write_numbers("BM_A 100 0.01\n");
    commit("base");
    commit("head");
  }
  static std::string text_of(const std::string& path) { return *read_file(path, 1 << 20); }
  std::string plugins(const Words& names) { return copy_plugins(root(), names); }
  Ran check_with(const Words& names) {
    return check({"--base", "main~1", "--plugin-dir", plugins(names)});
  }
  json collector(const std::string& file) const {
    const json all = report();
    for (const json& entry : all["collectors"])
      if (entry["file"].get<std::string>().ends_with("/" + file)) return entry;
    return nullptr;
  }
  json profile_value(const std::string& collector, const std::string& metric) const {
    const json all = report();
    for (const json& profile : all["profiles"])
      for (const json& value : profile["values"])
        if (value["collector"] == collector && value["metric"] == metric) return value;
    return nullptr;
  }
};

TEST_F(CollectorsInACheck, ProcessSeesTheWholeTreeOfBothSides) {
  write_pipeline("head -c 3000000 /dev/zero | cat > /dev/null; sleep 0.15");
  commit("base");
  commit("head");
  ASSERT_EQ(check({"--base", "main~1", "--threshold", "500%", "--max-pairs", "4"}).code, 0);
  EXPECT_EQ(collector("process.so")["status"], "ok");
  const json written = profile_value("process", "wchar");
  ASSERT_TRUE(written.is_object()) << report()["profiles"].dump();
  EXPECT_GE(written["base"], 3'000'000) << "head wrote that much into the pipe";
  EXPECT_GE(written["head"], 3'000'000);
  EXPECT_GE(profile_value("process", "processes_max")["base"], 1);
}

TEST_F(CollectorsInACheck, WhatTheyCostIsToldWithTheGate) {
  commit_seeded();
  const Ran ran = check_with({"good"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json cost = report()["observer_overhead"];
  EXPECT_GT(cost["child_pids"].size(), 0u) << "the workers";
  EXPECT_GT(cost["memory_pss_bytes"], 0);
  EXPECT_GT(cost["context_switches"], 0);
  EXPECT_THAT(ran.out, HasSubstr("cost of measuring: "));
}

TEST_F(CollectorsInACheck, APluginThatCrashesLosesItsNumbersOnly) {
  commit_seeded();
  const Ran ran = check_with({"good", "crash_in_start", "hang_in_stop", "exception"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(report()["verdict"], "pass");
  EXPECT_EQ(collector("good.so")["status"], "ok");
  EXPECT_EQ(collector("crash_in_start.so")["status"], "plugin_crashed");
  EXPECT_EQ(collector("hang_in_stop.so")["status"], "plugin_timeout");
  EXPECT_EQ(collector("exception.so")["status"], "plugin_failed");
  EXPECT_THAT(ran.out, HasSubstr("crash_in_start"));
  EXPECT_TRUE(profile_value("process", "cpu_time").is_object());
  expect_nothing_left();
  EXPECT_TRUE(processes_with(root() + "/plugins").empty());
}

TEST_F(CollectorsInACheck, NothingOfThemSurvivesAGateThatIsKilled) {
  write_pipeline("sleep 600; : " + root(), "measure: { grace: 200ms }\n");
  commit("base");
  commit("head");
  const std::string directory = plugins({"good"});
  std::filesystem::copy(MELISAI_SOURCE_DIR "/plugins/template/template.py",
                        directory + "/template.py");
  check({"--base", "main~1", "--plugin-dir", directory}, [&](pid_t pid) {
    EXPECT_TRUE(eventually([&] { return !processes_with("; : " + root()).empty(); }));
    EXPECT_FALSE(processes_with(directory).empty());
    kill(pid, SIGKILL);
  });
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); }));
}

TEST_F(CollectorsInACheck, ARequiredCollectorThatIsMissingMakesAPassInconclusive) {
  commit_seeded("collect: { required: [process, ebpf-that-nobody-has] }\n");
  EXPECT_EQ(check_with({}).code, 0);
  EXPECT_EQ(report()["verdict"], "inconclusive");
  EXPECT_EQ(report()["reason_code"], "collector");
  EXPECT_THAT(report()["reason"], HasSubstr("ebpf-that-nobody-has"));
}

TEST_F(CollectorsInACheck, TheyCanBeSwitchedOff) {
  commit_seeded("collect: { enabled: false }\n");
  EXPECT_EQ(check_with({"good"}).code, 0);
  EXPECT_EQ(report()["collectors"], json::array());
  EXPECT_EQ(report()["profiles"], json::array());
}

TEST_F(CollectorsInACheck, TheEndOfAProgramIsTracedUnlessTheProjectMinds) {
  write_pipeline("sleep 0.05");
  commit("base");
  commit("head");
  const Words options = {"--base", "main~1", "--threshold", "500%", "--max-pairs", "4"};
  ASSERT_EQ(check(options).code, 0);
  if (!profile_value("process", "address_space_peak").is_object())
    GTEST_SKIP() << "this machine does not let us trace our own programs";
  write_pipeline("sleep 0.05", "collect: { trace_exit: false }\n");
  commit("without");
  ASSERT_EQ(check(options).code, 0);
  EXPECT_FALSE(profile_value("process", "address_space_peak").is_object());
  EXPECT_TRUE(profile_value("process", "cpu_time").is_object());
}

TEST_F(CollectorsInACheck, PluginsListsWhatIsThereAndWhy) {
  const std::string directory = plugins({"good", "newer_major", "half_capability"});
  const Ran text =
      run_program({MELISAI_BIN_DIR "/melisai-gate", "plugins", "--plugin-dir", directory}, root());
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("process"), HasSubstr("quiet"), HasSubstr("peak_rss"),
                              HasSubstr("newer_major.so"), HasSubstr("refused")));
  const Ran ran = run_program(
      {MELISAI_BIN_DIR "/melisai-gate", "plugins", "--json", "--plugin-dir", directory}, root());
  const json all = json::parse(ran.out);
  for (const json& entry : all) {
    const std::string file = entry["file"];
    if (file.ends_with("newer_major.so")) {
      EXPECT_THAT(entry["reason"], HasSubstr("1.2")) << "both versions are named";
      EXPECT_EQ(entry["available"], false);
    }
    if (file.ends_with("process.so")) {
      EXPECT_FALSE(entry["metrics"].empty());
      EXPECT_EQ(entry["available"], true);
    }
  }
}

TEST_F(CollectorsInACheck, DoctorSaysWhichDoNotWorkAndWhatToDo) {
  const std::string directory = plugins({"good", "newer_major"});
  const Ran ran = run_program(
      {MELISAI_BIN_DIR "/melisai-gate", "doctor", "--json", "--plugin-dir", directory}, root());
  EXPECT_EQ(ran.code, 3) << "somebody has to mend or remove it";
  for (const json& entry : json::parse(ran.out)["collectors"]) {
    if (entry["status"] == "unavailable") continue;  // what this user may not do
    const bool refused = entry["file"].get<std::string>().ends_with("newer_major.so");
    EXPECT_EQ(entry["works"], !refused) << entry;
    EXPECT_EQ(entry["state"], refused ? "warning" : "ok");
    EXPECT_EQ(entry["action"] == "", !refused);
  }
}

}  // namespace
}  // namespace melisai::e2e
