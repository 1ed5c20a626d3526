// What GitRepo and melisai-gate-git say to each other: one JSON request on stdin, one JSON answer
// on stdout. Only the words that both sides must spell alike are here. Answers: {"ok": <value>} or
// {"error": {"code": <name>, "message": <text>}}.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace melisai::git_wire {

inline constexpr std::string_view kResolve = "resolve";       // ref -> sha
inline constexpr std::string_view kMergeBase = "merge_base";  // sha, other_sha -> sha
// sha (good), other_sha (bad) -> [{"sha", "parents": [sha ...], "subject"} ...]
inline constexpr std::string_view kCommitsBetween = "commits_between";
// sha (base), other_sha -> hex digits of the paths, each followed by a NUL
inline constexpr std::string_view kChangedPaths = "changed_paths";
inline constexpr std::string_view kFirstParents = "first_parents";    // sha -> [sha ...]
inline constexpr std::string_view kDefaultBranch = "default_branch";  // -> short name
inline constexpr std::string_view kBranch = "branch";                 // -> short name or ""
inline constexpr std::string_view kLastTag = "last_tag";              // glob, sha -> short name
inline constexpr std::string_view kReadFile = "read_file";  // sha, path -> hex digits or null
inline constexpr std::string_view kCheckout = "checkout";   // sha, target -> true
inline constexpr std::string_view kCheckoutWorktree = "checkout_worktree";  // target -> true
inline constexpr std::string_view kCommitPatch = "commit_patch";  // sha, path, message, ref -> sha
inline constexpr std::string_view kWorktree = "worktree";         // -> path

// Without a repository of their own.
// url, token, proposal -> [[name, sha] ...]
inline constexpr std::string_view kRemoteRefs = "remote_refs";
// url, token, proposal, target, sha -> true; with a path too: as read_file
inline constexpr std::string_view kFetch = "fetch";

struct CodeName {
  Errc code;
  std::string_view name;
};

inline constexpr CodeName kCodeNames[] = {
    {Errc::git, "git"},
    {Errc::usage, "usage"},
    {Errc::not_found, "not_found"},
    {Errc::disk_full, "disk_full"},
    {Errc::limit, "limit"},
    {Errc::io, "io"},
};

}  // namespace melisai::git_wire
