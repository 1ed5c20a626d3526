// Why a benchmark got slower, from a real program to the report: the class, the function, the
// graphs; and what a machine that shows nothing says instead.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace explain_test {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// About 50 ms of work on both sides. What head adds takes about as long, in functions of its own,
// most of which call C's library, which has no frame pointers.
constexpr const char* kBefore = R"(
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
volatile unsigned long sink;
#define FUNCTION __attribute__((noinline)) void
FUNCTION spin(long rounds) { for (long i = 0; i < rounds; ++i) sink = sink * 1664525u + 1; }
)";
constexpr const char* kAfter = R"(
int main() { spin(15000000); extra(); asm volatile(""); return 0; }
)";

struct Injected {
  std::string name;
  std::string code;
  std::string cause;
  std::string function;
};

std::vector<Injected> injections() {
  return {
      {"newWork",
       "FUNCTION burn_cycles() { for (long i = 0; i < 25000000; ++i) sink = sink * 69069u + 1; }\n"
       "FUNCTION extra() { burn_cycles(); asm volatile(\"\"); }",
       "cpu_work", "burn_cycles"},
      {"sleep",
       "FUNCTION sleep_a_little() { usleep(60000); asm volatile(\"\"); }\n"
       "FUNCTION extra() { sleep_a_little(); asm volatile(\"\"); }",
       "sleep", "sleep_a_little"},
      // Held while it waits for something else: needs no second CPU to show.
      {"lock",
       "pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
       "FUNCTION wait_for_cache() { pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); }\n"
       "volatile bool filling = false;\n"
       "FUNCTION fill_cache() {\n"
       "  pthread_mutex_lock(&lock); filling = true; poll(nullptr, 0, 60);\n"
       "  pthread_mutex_unlock(&lock);\n}\n"
       "FUNCTION extra() {\n"
       "  std::thread other(fill_cache);\n"
       "  while (!filling) usleep(100);\n"
       "  wait_for_cache();\n"
       "  other.join();\n}",
       "lock_wait", "wait_for_cache"},
      {"systemCalls",
       "FUNCTION ask_kernel() { getppid(); asm volatile(\"\"); }\n"
       "FUNCTION ask_often() { for (int i = 0; i < 500000; ++i) ask_kernel(); }\n"
       "FUNCTION extra() { ask_often(); asm volatile(\"\"); }",
       "system_calls", "ask_"},
      {"pageFaults",
       "FUNCTION touch_memory(char* memory, long size) {\n"
       "  for (long at = 0; at < size; at += 4096) memory[at] = 1;\n}\n"
       "FUNCTION extra() {\n"
       "  const long size = 16 << 20;\n"
       "  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,\n"
       "                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
       "  madvise(memory, size, MADV_NOHUGEPAGE);\n"
       "  for (int i = 0; i < 30; ++i) {\n"
       "    touch_memory((char*)memory, size);\n"
       "    madvise(memory, size, MADV_DONTNEED);\n  }\n}",
       "memory", "touch_memory"}};
}

class Explained : public Sandbox {
 protected:
  void commit_program(const std::string& extra, const std::string& message) {
    write("work.cpp", kBefore + extra + kAfter);
    commit(message);
  }
  void commit_both(const std::string& extra) {
    write_pipeline("./work", "", "g++ -O1 -g -fno-omit-frame-pointer -pthread work.cpp -o work");
    commit_program("FUNCTION extra() {}", "base");
    commit_program(extra, "head");
  }
  /// Head sleeps three times as long.
  void commit_sleeps(const std::string& extra = "") {
    write_pipeline("./work.sh", extra);
    write("work.sh", "#!/bin/sh\nexec sleep 0.04\n");
    commit("base");
    write("work.sh", "#!/bin/sh\nexec sleep 0.12\n");
    commit("head");
  }
  Ran explained(const std::string& mode = "regressions") {
    return check(
        {"--base", "main~1", "--threshold", "20%", "--max-pairs", "20", "--explain", mode});
  }
  json evidence() const { return report()["evidence"]; }
  /// Why this machine shows no stacks; "" when it does.
  static std::string blind() {
    const Ran ran = run_program({MELISAI_BIN_DIR "/melisai-gate", "plugins", "--json"}, "/");
    for (const json& each : json::parse(ran.out)) {
      if (each["name"] != "ebpf") continue;
      if (each["available"] != true) return each["reason"];
      for (const json& part : each["parts"])
        if (part["name"] == "profile" || part["name"] == "offcputime")
          if (part.contains("unavailable") && part["unavailable"] != "") return part["unavailable"];
      return "";
    }
    return "the collector ebpf was not built";
  }
};

class ExplainedInjection : public Explained, public ::testing::WithParamInterface<Injected> {};

TEST_P(ExplainedInjection, IsNamed) {
  if (const std::string reason = blind(); !reason.empty()) GTEST_SKIP() << reason;
  commit_both(GetParam().code);
  const Ran ran = explained();
  ASSERT_EQ(ran.code, 1) << ran.out << ran.err;
  ASSERT_EQ(evidence().size(), 1u) << ran.out;
  const json found = evidence()[0];
  EXPECT_EQ(found["benchmark"], "cli");
  EXPECT_EQ(found["class"], GetParam().cause) << found.dump(1);
  EXPECT_THAT(found["sentence"], HasSubstr(" → "));
  ASSERT_FALSE(found["functions"].empty()) << found.dump(1);
  EXPECT_THAT(found["functions"][0]["name"], HasSubstr(GetParam().function));
  EXPECT_EQ(found["functions"][0]["file"], "work.cpp");
  EXPECT_GT(found["functions"][0]["line"], 0);
  EXPECT_GE(found["passes"].size(), 2u);
  for (const json& pass : found["passes"]) {
    EXPECT_EQ(pass["problem"], "");
    EXPECT_GE(pass["runs"], 1);
    EXPECT_GT(pass["seconds"], 0);
  }
  EXPECT_FALSE(found["files"].empty());
  for (const json& file : found["files"])
    EXPECT_TRUE(std::filesystem::exists(output() + "/" + file["path"].get<std::string>()));
  EXPECT_THAT(ran.out, HasSubstr("\nwhy cli: "));
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(All, ExplainedInjection, ::testing::ValuesIn(injections()),
                         [](const auto& row) { return row.param.name; });

TEST_F(Explained, MoreOfTheSameWorkIsToldByItsInstructions) {
  if (!std::filesystem::exists("/usr/bin/valgrind")) GTEST_SKIP() << "valgrind is not installed";
  commit_both("FUNCTION extra() { spin(15000000); }");
  const Ran ran = explained();
  ASSERT_EQ(ran.code, 1) << ran.out << ran.err;
  ASSERT_EQ(evidence().size(), 1u);
  const json found = evidence()[0];
  EXPECT_EQ(found["class"], "cpu_work") << found.dump(1);
  EXPECT_THAT(found["sentence"], HasSubstr("instructions"));
  ASSERT_FALSE(found["functions"].empty());
  EXPECT_THAT(found["functions"][0]["name"], HasSubstr("spin"));
  EXPECT_EQ(found["functions"][0]["file"], "work.cpp");
}

TEST_F(Explained, EqualProgramsHaveNoEvidence) {
  commit_both("FUNCTION extra() { }");
  const Ran ran = explained();
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(evidence(), json::array());
  EXPECT_FALSE(std::filesystem::exists(output() + "/flame"));
  const Ran told = gate({"explain"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("nothing to explain"));
}

TEST_F(Explained, AMachineThatShowsNothingSaysSo) {
  commit_sleeps("collect: { collectors: [process] }\n");
  const Ran slower = explained();
  ASSERT_EQ(slower.code, 1) << slower.out << slower.err;
  ASSERT_EQ(evidence().size(), 1u);
  const json found = evidence()[0];
  EXPECT_EQ(found["class"], "not_known");
  EXPECT_THAT(found["note"], HasSubstr("no stacks: the collector ebpf is not installed"));
  EXPECT_THAT(found["advice"], HasSubstr("melisai-gate doctor"));
  EXPECT_THAT(slower.out, HasSubstr("why cli: not known: wall time"));
}

TEST_F(Explained, ARegressionIsKeptBeforeAnybodyLooksForItsCause) {
  commit_sleeps("collect: { collectors: [process] }\n");
  const Ran killed = check(
      {"--base", "main~1", "--threshold", "20%", "--max-pairs", "20", "--explain", "regressions"},
      [&](pid_t pid) {
        EXPECT_TRUE(eventually([&] { return std::filesystem::exists(output() + "/report.json"); },
                               std::chrono::seconds(100)));
        kill(pid, SIGKILL);
      });
  ASSERT_EQ(killed.code, 128 + SIGKILL) << killed.err;
  const json kept = report();
  ASSERT_TRUE(kept.is_object());
  EXPECT_EQ(kept["verdict"], "regression");
  EXPECT_EQ(kept["reason_code"], "regressed");
  EXPECT_EQ(kept["evidence"], json::array()) << "it was killed while it looked";
  EXPECT_FALSE(kept["benchmarks"].empty());
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); })) << "something lives on";
}

TEST_F(Explained, SwitchedOffNobodyLooks) {
  commit_sleeps();
  const Ran ran = explained("off");
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_EQ(evidence(), json::array());
  const Ran told = gate({"explain", "last"});
  EXPECT_THAT(told.out, HasSubstr("switched off"));
  EXPECT_EQ(gate({"explain", "last", "--flame"}).code, 2);
}

TEST_F(Explained, IsToldAgainFromTheStore) {
  commit_sleeps();
  ASSERT_EQ(explained().code, 1);
  const Ran told = gate({"explain", "last"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, AllOf(StartsWith("cli\n"), HasSubstr("wall_time"), HasSubstr("counts: ")));
  EXPECT_EQ(answer_of({"explain", "last", "--json"}), evidence());
  const Ran graphs = gate({"explain", "--flame"});
  // Without rights there may be stacks of what ran outside the kernel.
  const bool has_graphs = !evidence()[0]["files"].empty();
  EXPECT_TRUE(has_graphs || !blind().empty());
  if (has_graphs) {
    EXPECT_EQ(graphs.code, 0) << graphs.err;
    EXPECT_THAT(graphs.out, HasSubstr(std::filesystem::path(output()).lexically_normal().string() +
                                      "/flame/cli"));
  } else {
    EXPECT_EQ(graphs.code, 2);
    EXPECT_THAT(graphs.err, HasSubstr("has no flame graph"));
  }
}

}  // namespace explain_test
}  // namespace melisai::e2e
