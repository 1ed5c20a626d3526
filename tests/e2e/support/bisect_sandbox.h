// A repository whose benchmarks print what their commit says, so that every answer of a bisection
// is certain.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

class Bisect : public Sandbox {
 protected:
  /// A build that fails where `broken` exists, and two benchmarks that report the time in cli.txt
  /// and other.txt. How often something was built or measured is counted outside the repository.
  void SetUp() override {
    Sandbox::SetUp();
    std::string pipeline =
        "version: 1\npipelines:\n  build: { trigger: on_commit, run: sh build.sh }\n"
        "  benchmark:\n    trigger: after_build\n    benchmarks:\n";
    for (const std::string name : {"cli", "other"})
      pipeline += "      - { name: " + name + ", run: sh bench.sh " + name +
                  ", format: google-benchmark }\n";
    write(".melisai-gate.yaml", pipeline);
    write("build.sh", "echo built >> " + root() + "/builds; test ! -e broken\n");
    write(
        "bench.sh",
        "echo $1 >> " + root() +
            "/measured; test ! -e crashes || exit 7\n"
            "test ! -e hangs || sh -c 'echo hangs >> " +
            root() +
            "/hanging; sleep 600; :'\n"
            "printf '{\"context\": {}, \"benchmarks\": [{\"name\": \"BM\", \"run_type\": "
            "\"iteration\", \"iterations\": 1, \"real_time\": %s, \"cpu_time\": %s, \"time_unit\": "
            "\"ns\"}]}' $(cat $1.txt) $(cat $1.txt) > $MELISAI_RESULT\n");
    write("other.txt", "500");
    commit_time(1000, "start");
    git({"tag", "good"});
  }

  std::string commit_time(int time, const std::string& subject) {
    write("cli.txt", std::to_string(time));
    return commit(subject);
  }
  /// Commits that change nothing.
  void commit_others(int count) {
    for (int i = 0; i < count; ++i) commit("nothing " + std::to_string(i));
  }
  std::string commit_with(const std::string& file, const std::string& subject) {
    write(file, "");
    return commit(subject);
  }
  std::string commit_without(const std::string& file, const std::string& subject) {
    std::filesystem::remove(repo() + "/" + file);
    return commit(subject);
  }

  Ran bisect(Words options = {}, const std::function<void(pid_t)>& started = {}) {
    Words argv = {MELISAI_BIN_DIR "/melisai-gate",
                  "bisect",
                  "-C",
                  repo(),
                  "--good",
                  "good",
                  "--output-dir",
                  output(),
                  "--state-dir",
                  state(),
                  "--seed",
                  "1"};
    argv.insert(argv.end(), options.begin(), options.end());
    return run_program(argv, root(), started);
  }
  nlohmann::json found(int code = 0, Words options = {}) {
    options.push_back("--json");
    const Ran ran = bisect(options);
    EXPECT_EQ(ran.code, code) << ran.out << ran.err;
    return nlohmann::json::parse(ran.out, nullptr, false);
  }
  /// Lines of a file outside the repository.
  long lines_of(const std::string& name, const std::string& line) const {
    std::ifstream file(root() + "/" + name);
    long count = 0;
    for (std::string each; std::getline(file, each);) count += each == line;
    return count;
  }
};

}  // namespace melisai::e2e
