// Repositories for tests, made with git's command line in a temporary directory, with fixed authors
// and dates.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "core/base/git.h"
#include "core/base/interrupt.h"

namespace melisai::git_tests {

inline const Interrupt& no_interrupt() {
  static const Interrupt interrupt;
  return interrupt;
}

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// Relative path -> kind, permissions, time of last change and content of everything below `root`.
inline std::map<std::string, std::string> snapshot(const std::string& root) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat status {};
    if (lstat(entry.path().c_str(), &status) != 0) continue;
    std::string text = std::to_string(status.st_mode) + " " +
                       std::to_string(status.st_mtim.tv_sec) + "." +
                       std::to_string(status.st_mtim.tv_nsec) + " ";
    if (S_ISREG(status.st_mode)) text += slurp(entry.path());
    if (S_ISLNK(status.st_mode)) text += std::filesystem::read_symlink(entry.path());
    entries[entry.path().lexically_relative(root)] = text;
  }
  return entries;
}

/// Relative paths of the files and links below `root`, except in .git, separated by blanks and
/// sorted.
inline std::string listing(const std::string& root) {
  std::map<std::string, int> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root);
    if (entry.is_directory() && !entry.is_symlink()) continue;
    if (!name.starts_with(".git/")) names[name] = 1;
  }
  std::string text;
  for (const auto& [name, one] : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

class GitSandbox : public testing::Test {
 protected:
  GitSandbox() {
    std::string pattern = testing::TempDir() + "/melisai-git-XXXXXX";
    root_ = std::filesystem::canonical(mkdtemp(pattern.data()));
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"HOME", root_ + "/home"},
                                            {"GIT_CONFIG_NOSYSTEM", "1"},
                                            {"GIT_AUTHOR_NAME", "Ada"},
                                            {"GIT_AUTHOR_EMAIL", "ada@example.com"},
                                            {"GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"},
                                            {"GIT_COMMITTER_NAME", "Ada"},
                                            {"GIT_COMMITTER_EMAIL", "ada@example.com"},
                                            {"GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"}}) {
      setenv(name.c_str(), value.c_str(), 1);
    }
    for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) unsetenv(name);
    spill(root_ + "/home/.gitconfig",
          "[init]\n  defaultBranch = main\n[protocol \"file\"]\n  allow = always\n[advice]\n  "
          "detachedHead = false\n"
          "[commit]\n  gpgSign = false\n[core]\n  safecrlf = false\n");
    make_directory("repo");
    sh("git init -q .");
  }
  ~GitSandbox() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  std::string make_directory(const std::string& name) const {
    std::filesystem::create_directories(path(name));
    return path(name);
  }

  /// Runs shell commands in `directory` (default: the repository) and returns what they print,
  /// without the last newline.
  std::string sh(const std::string& commands, const std::string& directory = "repo") const {
    const std::string line = "cd '" + path(directory) + "' && { " + commands + "\n} 2>&1";
    std::string output;
    const auto close = [](FILE* pipe) { return pclose(pipe); };
    FILE* pipe = popen(line.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe))
      output.append(buffer.data(), size);
    EXPECT_EQ(close(pipe), 0) << commands << "\n" << output;
    while (output.ends_with('\n')) output.pop_back();
    return output;
  }

  /// Writes a file of the repository, commits everything and returns the sha.
  std::string commit(const std::string& name, const std::string& content) const {
    spill(path("repo/" + name), content);
    return sh("git add -A && git commit -q --allow-empty -m change && git rev-parse HEAD");
  }

  std::unique_ptr<GitRepo> open(const std::string& directory = "repo",
                                GitOptions options = {}) const {
    return make_git_repo({.path = MELISAI_BIN_DIR "/melisai-gate-git"}, path(directory), options,
                         no_interrupt());
  }

  std::string root_;
};

/// "code: message" of an error, "" of a value.
template <class T>
std::string failure(const Result<T>& result) {
  if (result) return "";
  for (const auto& [code, name] : {std::pair{Errc::git, "git"},
                                   {Errc::not_found, "not_found"},
                                   {Errc::usage, "usage"},
                                   {Errc::limit, "limit"},
                                   {Errc::disk_full, "disk_full"},
                                   {Errc::timeout, "timeout"},
                                   {Errc::io, "io"}}) {
    if (result.error().code == code) return std::string(name) + ": " + result.error().message;
  }
  return "other: " + result.error().message;
}

}  // namespace melisai::git_tests
