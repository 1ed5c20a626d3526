// Processes that try to outlive their run: none may, however the run ends.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

constexpr std::size_t kAnimals = 4;

class ServeOrphans : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    std::filesystem::create_directory(zoo());
    std::filesystem::create_symlink("/bin/sleep", zoo() + "/sleep");
    std::ofstream(zoo() + "/deaf.sh") << "trap '' TERM INT HUP\n" << zoo() << "/sleep 600\n";
    std::ofstream(zoo() + "/open.sh")
        << "setsid " << zoo() << "/sleep 601 &\n"
        << "(setsid sh -c '" << zoo() << "/sleep 602 & exit' &)\n"
        << "sh -c 'kill -STOP $$' " << zoo() << "/sleep &\n"
        << "sh " << zoo() << "/deaf.sh &\n"
        << "until test -e " << zoo() << "/close; do sleep 0.01; done\n";
  }
  std::string zoo() const { return root() + "/zoo"; }
  std::size_t animals() const { return processes_with(zoo() + "/sleep").size(); }

  /// Until every one of them is there. `limits`: further keys of the pipeline.
  void open_zoo(const std::string& limits = "") {
    write_pipelines("build: { trigger: on_commit, " + limits + "run: \"sh " + zoo() +
                    "/open.sh\" }\n");
    push();
    start();
    ASSERT_TRUE(eventually([&] { return animals() >= kAnimals; }, std::chrono::seconds(30)));
  }
};

TEST_F(ServeOrphans, DoNotOutliveTheRun) {
  open_zoo();
  std::ofstream(zoo() + "/close") << "\n";
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_TRUE(processes_with(zoo()).empty());
}

TEST_F(ServeOrphans, DoNotOutliveItsCancellation) {
  open_zoo();
  EXPECT_EQ(gate({"cancel", "build#1"}).code, 0);
  EXPECT_EQ(outcome_of("build#1"), "cancelled");
  EXPECT_TRUE(processes_with(zoo()).empty());
  EXPECT_EQ(run_of("build#1")["attempts"], 1);
}

TEST_F(ServeOrphans, DoNotOutliveTheDaemon) {
  open_zoo();
  kill_daemon();
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); }));
  std::ofstream(zoo() + "/close") << "\n";
  start();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(run_of("build#1")["attempts"], 2);
  EXPECT_TRUE(processes_with(zoo()).empty());
}

TEST_F(ServeOrphans, DoNotOutliveTheTimeout) {
  open_zoo("timeout: 2s, ");
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_TRUE(processes_with(zoo()).empty());
}

class ServeReady : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_pipelines("build: { trigger: on_commit, run: \"until test -e " + root() +
                    "/go; do sleep 0.01; done\" }\n");
    push();
    start();
    std::ofstream(root() + "/go") << "\n";
    EXPECT_EQ(outcome_of("build#1"), "passed");
    EXPECT_TRUE(eventually([&] { return waits(); }));
  }
  /// A process of `work` waits for a run.
  bool waits() const { return !waiting().empty(); }
  std::vector<pid_t> waiting() const {
    return processes_with(std::filesystem::path(state()).lexically_normal().string() + "/ready/");
  }
};

TEST_F(ServeReady, TheNextRunIsThatOfAProcessThatWaited) {
  std::filesystem::remove(root() + "/go");
  push();
  ASSERT_TRUE(eventually([&] { return is_in_state("build#2", "running"); }));
  ASSERT_TRUE(eventually([&] {
    return !query(
                "SELECT pid FROM attempts WHERE pid > 0 AND "
                "ended_ms IS NULL")
                .empty();
  }));
  const std::string pid = query("SELECT pid FROM attempts WHERE ended_ms IS NULL").front();
  std::ifstream words("/proc/" + pid + "/cmdline");
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(words), {}),
              ::testing::HasSubstr("--ready"));
  std::ofstream(root() + "/go") << "\n";
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServeReady, NoProcessThatWaitsOutlivesTheDaemon) {
  kill_daemon();
  EXPECT_TRUE(eventually([&] { return !waits(); }));
  start();
  push();
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(stop(), 0);
  EXPECT_FALSE(waits());
}

TEST_F(ServeReady, OneThatIsKilledCostsNoRun) {
  for (const pid_t pid : waiting()) kill(pid, SIGKILL);
  EXPECT_TRUE(eventually([&] { return !waits(); }));
  push();
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(run_of("build#2")["attempts"], 1);
}

}  // namespace
}  // namespace melisai::e2e
