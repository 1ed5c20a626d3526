// plugins/README.md as a newcomer reads it: its shell steps, taken literally, against an installed
// tree; and the template built from what is installed.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/plugins/worker_process.h"

namespace melisai {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Ran {
  int status = -1;
  std::string output;  // both streams
};

Ran run(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen(("{ " + command + "\n} 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return ran;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) ran.output += static_cast<char>(c);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

/// The ```sh blocks under `heading` in plugins/README.md, as one script.
std::string steps_under(const std::string& heading) {
  std::ifstream file(MELISAI_SOURCE_DIR "/plugins/README.md");
  std::string script = "set -eu\n";
  bool here = false;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (!in_block && line.starts_with("## ")) here = line == heading;
    if (in_block && line == "```") {
      in_block = false;
    } else if (in_block) {
      script += line + "\n";
    } else if (here && line == "```sh") {
      in_block = true;
    }
  }
  return script;
}

class InstalledSdk : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_.emplace(*TemporaryDirectory::make(testing::TempDir(), "sdk-"));
    installed_ =
        run("umask 002; cmake --install '" MELISAI_BIN_DIR "/..' --prefix '" + prefix() + "'");
  }
  // Not above: tests of a suite whose set-up fails count as skipped.
  void SetUp() override {
    if (access(MELISAI_BIN_DIR "/..", W_OK) != 0)
      GTEST_SKIP() << "cmake --install writes into the build directory, which is another user's";
    ASSERT_EQ(installed_.status, 0) << installed_.output;
  }
  static void TearDownTestSuite() { root_.reset(); }
  static std::string prefix() { return root_->path() + "/prefix"; }
  static std::string directory() { return root_->path(); }

  static std::vector<std::string> window_of(const std::string& file) {
    WorkerProcess worker({file});
    worker.expect<protocol::Hello>(protocol::HelloRequest{});
    worker.expect<protocol::Started>(protocol::StartRequest{.id = 1});
    worker.expect<protocol::Stopped>(protocol::StopRequest{.id = 2});
    std::vector<std::string> names;
    for (const protocol::Samples& frame : worker.samples())
      for (const protocol::SampleValue& sample : frame.samples) names.push_back(sample.metric);
    return names;
  }

 private:
  static inline std::optional<TemporaryDirectory> root_;
  static inline Ran installed_;
};

TEST_F(InstalledSdk, StepsOfTheReadmeMakeAWorkingCollector) {
  std::ofstream(directory() + "/steps.sh") << steps_under("## Write your own in 10 minutes");
  // The umask of many desktops: what it makes would be refused as writable by the group.
  const Ran ran =
      run("umask 002; cd '" + directory() + "' && PREFIX='" + prefix() + "' sh steps.sh");
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("hello"));
  EXPECT_THAT(window_of(directory() + "/hello-collector/build/hello.so"), ElementsAre("load"));
}

TEST_F(InstalledSdk, TheTemplateBuildsFromWhatIsInstalled) {
  const std::string source = prefix() + "/share/melisai-gate/template";
  const std::string build = directory() + "/template-build";
  const Ran ran = run("umask 002 && cmake -S '" + source + "' -B '" + build +
                      "' -DCMAKE_PREFIX_PATH='" + prefix() +
                      "' -DCMAKE_CXX_FLAGS='-Wall -Wextra "
                      "-Wpedantic -Werror' && cmake --build '" +
                      build + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(window_of(build + "/template.so"), ElementsAre("context_switches", "window_time"));
  EXPECT_TRUE(fs::exists(source + "/template.py"));
}

TEST_F(InstalledSdk, CollectorsAndTheWorkerAreWhereTheGateLooks) {
  EXPECT_TRUE(fs::exists(prefix() + "/libexec/melisai-gate/melisai-gate-worker"));
  for (const char* name : {"process.so", "quiet.so"}) {
    WorkerProcess worker({prefix() + "/lib/melisai-gate/plugins/" + name});
    EXPECT_NE(worker.expect<protocol::Hello>(protocol::HelloRequest{}).name, "") << name;
  }
  EXPECT_FALSE(fs::exists(prefix() + "/lib/melisai-gate/plugins/template.so"));
}

// What the shim says to an author who forgot something.
TEST_F(InstalledSdk, MistakesAreExplainedByTheCompiler) {
  const std::string start = "void start(const melisai::Target&) {}\n";
  const std::string stop = "void stop(melisai::Emitter&) {}\n";
  const std::string info = "static constexpr melisai::CollectorInfo kInfo{\"a\"};\n";
  const std::string metrics = "static constexpr melisai::MetricInfo kMetrics[] = {{\"m\"}};\n";
  const auto compile = [&](const std::string& members) {
    const std::string file = directory() + "/mistake.cpp";
    std::ofstream(file) << "#include <melisai/collector.hpp>\nstruct A {\n"
                        << members << "};\nMELISAI_COLLECTOR(A)\n";
    return run("${CXX:-c++} -std=c++17 -fsyntax-only -I'" + prefix() + "/include' '" + file + "'")
        .output;
  };
  EXPECT_EQ(compile(info + metrics + start + stop), "");
  EXPECT_THAT(compile(metrics + start + stop), HasSubstr("a collector needs: static constexpr"));
  EXPECT_THAT(compile(info + start + stop), HasSubstr("melisai::MetricInfo kMetrics[]"));
  EXPECT_THAT(compile(info + metrics + stop), HasSubstr("needs: void start("));
  EXPECT_THAT(compile(info + metrics + start), HasSubstr("needs: void stop("));
  EXPECT_THAT(compile(info + metrics + start + stop + "void sample() {}\n"),
              HasSubstr("sample_interval_ms is 0"));
  EXPECT_THAT(compile(info + metrics + start + stop + "bool unavailable() { return true; }\n"),
              HasSubstr("static std::string unavailable()"));
  EXPECT_THAT(compile(info + start + stop +
                      "static constexpr melisai::MetricInfo kMetrics[] = {{\"m\", \"ms\"}};\n"),
              HasSubstr("a unit is ns, B"));
}

}  // namespace
}  // namespace melisai
