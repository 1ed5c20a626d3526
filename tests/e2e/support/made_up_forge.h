// A GitHub of our own in a process of its own (tests/e2e/action/made_up_github.py): what it holds,
// and how it holds others up.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {

class MadeUpForge {
 public:
  /// Keeps its files in `directory`/forge.
  explicit MadeUpForge(const std::string& directory) : directory_(directory + "/forge") {
    std::filesystem::create_directory(directory_);
    pid_ = start_program(
        {"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/e2e/action/made_up_github.py", directory_},
        directory, {.out = directory + "/forge.out", .err = directory + "/forge.err"});
    std::string port;
    EXPECT_TRUE(
        eventually([&] { return static_cast<bool>(std::ifstream(directory_ + "/port") >> port); },
                   std::chrono::seconds(40)));
    api_ = "http://127.0.0.1:" + port;
  }
  ~MadeUpForge() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  MadeUpForge(const MadeUpForge&) = delete;
  MadeUpForge& operator=(const MadeUpForge&) = delete;

  const std::string& api() const { return api_; }
  void set_head(int pull_request, const std::string& sha) const {
    write("pull-" + std::to_string(pull_request), sha);
  }
  void take_only_apps() const { write("app", ""); }
  /// From now on whoever writes waits, until let_go(); what they wrote arrives then.
  void hold() const { write("hold", ""); }
  bool is_holding() const { return std::filesystem::exists(directory_ + "/held"); }
  void let_go() const { std::filesystem::remove(directory_ + "/hold"); }

  nlohmann::json comments() const { return state()["comments"]; }
  /// Check runs at that commit, oldest first.
  nlohmann::json checks(const std::string& sha) const {
    nlohmann::json all = nlohmann::json::array();
    const nlohmann::json now = state();
    for (const nlohmann::json& each : now["checks"])
      if (each["head_sha"] == sha) all.push_back(each);
    return all;
  }
  /// [method, path, authorization] of every request.
  nlohmann::json asked() const { return state()["asked"]; }

 private:
  void write(const std::string& name, const std::string& text) const {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path + ".unfinished") << text;
    std::filesystem::rename(path + ".unfinished", path);
  }
  nlohmann::json state() const {
    std::ifstream file(directory_ + "/state.json");
    const nlohmann::json read = nlohmann::json::parse(file, nullptr, false);
    return read.is_object() ? read
                            : nlohmann::json{{"comments", nlohmann::json::array()},
                                             {"checks", nlohmann::json::array()},
                                             {"asked", nlohmann::json::array()}};
  }

  std::string directory_;
  std::string api_;
  pid_t pid_ = 0;
};

}  // namespace melisai::e2e
