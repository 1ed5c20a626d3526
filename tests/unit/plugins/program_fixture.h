// A directory of programs that the tests write, beside those of the system, and what must be true
// behind every run: no child of ours, no descriptor more than before.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "plugins/common/program.h"
#include "tests/unit/base/process_fixture.h"

namespace melisai::plugins {

class ProgramFixture : public ::testing::Test {
 protected:
  ProgramFixture() {
    make_directory("bin");
    rules_.directories = {path("bin"), "/usr/bin", "/bin"};
    rules_.owner = geteuid();
  }
  ~ProgramFixture() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(process_test::open_descriptors(), descriptors_);
  }

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::string text_of(const std::string& name) const { return process_test::read_all(path(name)); }

  void make_directory(const std::string& name, mode_t mode = 0755) const {
    std::filesystem::create_directories(path(name));
    chmod(path(name).c_str(), mode);
  }
  /// Another file takes the place of the one that was there.
  void put(const std::string& name, const std::string& content, mode_t mode = 0755) const {
    std::filesystem::remove(path(name));
    std::ofstream(path(name), std::ios::binary) << content;
    chmod(path(name).c_str(), mode);
  }
  void put_script(const std::string& name, const std::string& body, mode_t mode = 0755) const {
    put("bin/" + name, "#!/bin/sh\n" + body + "\n", mode);
  }
  void copy_program(const std::string& from, const std::string& to) const {
    std::filesystem::remove(path(to));
    std::filesystem::copy_file(from, path(to));
    chmod(path(to).c_str(), 0755);
  }

  std::string reason(std::string_view name) const { return find_program(name, rules_).reason; }
  ProgramResult run(std::string_view name, const std::vector<std::string>& arguments = {}) const {
    return run_program(name, arguments, rules_, limits_);
  }
  ProgramResult run_script(const std::string& body) const {
    put_script("script", body);
    return run("script", {path("note")});
  }
  RunningProgram start_script(const std::string& body) const {
    put_script("script", body);
    return {find_program("script", rules_), {path("note")}, rules_, limits_};
  }
  /// The script has written process ids to its note: $1.
  std::vector<pid_t> noted() const { return process_test::pids_in(path("note")); }
  bool wait_for_note(std::size_t count = 1) const {
    return process_test::eventually([&] { return noted().size() >= count; });
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-program-").value();
  ProgramRules rules_;
  ProgramLimits limits_;

 private:
  std::size_t descriptors_ = process_test::open_descriptors();
};

}  // namespace melisai::plugins
