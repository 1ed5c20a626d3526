// A GitRepo from tables: tests fill the maps, checkouts write the listed files and are counted.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"

namespace melisai {

class FakeGitRepo : public GitRepo {
 public:
  using Files = std::map<std::string, std::string>;  ///< path -> content

  std::map<std::string, std::string>
      refs;  ///< name -> sha; a sha names itself when `commits` has it
  std::map<std::string, Files> commits;
  Files worktree_files;
  std::string base_sha;            ///< answer of merge_base; "": there is none
  std::vector<GitCommit> between;  ///< answer of commits_between
  std::map<std::string, std::vector<std::string>> lines;  ///< answers of first_parents, by sha
  std::vector<std::string> changed;                       ///< answer of changed_paths
  std::vector<std::string> diffs;                         ///< what it was asked: "BASE..SHA"
  std::string default_name = "main";
  std::string branch_name = "main";
  std::string tag_name;  ///< answer of last_tag; "": there is none
  std::string worktree_path = "/repo";
  std::optional<Error> failure;  ///< set: every question fails so
  std::vector<PatchRequest> patches;
  std::string patched_sha = "feed000000000000000000000000000000000000";
  std::vector<std::string> checkouts_done;  ///< shas, and "WORKTREE"

  Result<std::string> resolve(const std::string& ref) override {
    if (failure) return *failure;
    if (const auto found = refs.find(ref); found != refs.end()) return found->second;
    if (commits.contains(ref)) return ref;
    return Error{Errc::not_found, "unknown git reference '" + ref + "'"};
  }

  Result<std::string> merge_base(const std::string& sha_a, const std::string& sha_b) override {
    if (failure) return *failure;
    if (base_sha.empty())
      return Error{Errc::git, "no common ancestor of " + sha_a + " and " + sha_b};
    return base_sha;
  }

  Result<std::vector<GitCommit>> commits_between(const std::string&, const std::string&) override {
    if (failure) return *failure;
    return between;
  }

  Result<std::vector<std::string>> changed_paths(const std::string& base,
                                                 const std::string& sha) override {
    diffs.push_back(base + ".." + sha);
    if (failure) return *failure;
    return changed;
  }

  Result<std::vector<std::string>> first_parents(const std::string& sha) override {
    if (failure) return *failure;
    if (const auto found = lines.find(sha); found != lines.end()) return found->second;
    return Error{Errc::git, "commit " + sha + " is not here"};
  }

  Result<std::string> default_branch() override {
    if (failure) return *failure;
    return default_name;
  }

  Result<std::string> branch() override {
    if (failure) return *failure;
    return branch_name;
  }

  Result<std::string> last_tag(const std::string& glob, const std::string&) override {
    if (failure) return *failure;
    if (tag_name.empty()) return Error{Errc::not_found, "no tag matches '" + glob + "'"};
    return tag_name;
  }

  Result<std::optional<std::string>> read_file(const std::string& sha,
                                               const std::string& path) override {
    if (failure) return *failure;
    const Files& files = commits[sha];
    const auto found = files.find(path);
    return found == files.end() ? std::optional<std::string>() : found->second;
  }

  Result<void> checkout(const std::string& sha, const std::string& dir) override {
    if (failure) return *failure;
    checkouts_done.push_back(sha);
    return write(commits[sha], dir);
  }

  Result<void> checkout_worktree(const std::string& dir) override {
    if (failure) return *failure;
    checkouts_done.push_back("WORKTREE");
    return write(worktree_files, dir);
  }

  Result<std::string> commit_patch(const PatchRequest& request) override {
    if (failure) return *failure;
    patches.push_back(request);
    return patched_sha;
  }

  Result<std::string> worktree() override {
    if (failure) return *failure;
    return worktree_path;
  }

 private:
  static Result<void> write(const Files& files, const std::string& dir) {
    for (const auto& [name, content] : files) {
      const std::filesystem::path path = std::filesystem::path(dir) / name;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << content;
    }
    return {};
  }
};

}  // namespace melisai
