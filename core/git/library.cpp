#include "core/git/library.h"

#include <unistd.h>

#include <string_view>

#include "core/base/text.h"

namespace melisai::git {
namespace {

// A hostile pack must not fill the address space; windows are remapped as needed.
constexpr size_t kMappedWindow = 32u << 20;
constexpr size_t kMappedTotal = 512u << 20;
constexpr ssize_t kObjectCache = 64 << 20;

}  // namespace

Library::Library() {
  git_libgit2_init();
  // An `insteadOf`, a proxy or a safe.directory of the user must not change what a verdict is based
  // on.
  for (int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                    GIT_CONFIG_LEVEL_GLOBAL}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, kMappedWindow);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, kMappedTotal);
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, kObjectCache);
  // Harmless to a reader, and common in CI: sparse checkouts set the first, `--filter` clones the
  // second.
  const char* extensions[] = {"worktreeconfig", "partialclone", "preciousobjects"};
  git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
}

Library::~Library() { git_libgit2_shutdown(); }

Error last_error(const std::string& context) {
  const git_error* last = git_error_last();
  std::string text = last != nullptr ? last->message : "git gave no reason";
  git_error_clear();
  // libgit2 1.5 complains that it found no safe.directory, which would not help: the user's
  // configuration is not read.
  if (text.find("safe.directory") != std::string::npos) {
    text = "belongs to another user than the one running this (uid " + std::to_string(geteuid()) +
           "): run melisai-gate as its owner, or `chown -R` it";
    return Error{Errc::git, context + " " + text};
  }
  const bool full = text.find("No space left on device") != std::string::npos ||
                    text.find("Disk quota exceeded") != std::string::npos;
  return Error{full ? Errc::disk_full : Errc::git, context + ": " + text};
}

std::string to_hex(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof text, &id);
}

Result<git_oid> parse_sha(const std::string& sha) {
  git_oid id;
  if (sha.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, sha.c_str()) != 0) {
    git_error_clear();
    return Error{Errc::git, in_quotes(sha) + " is not a full commit id (40 hex digits)"};
  }
  return id;
}

Result<Commit> find_commit(git_repository& repository, const std::string& sha) {
  MELISAI_TRY(const git_oid id, parse_sha(sha));
  Commit commit;
  if (git_commit_lookup(commit.out(), &repository, &id) != 0) {
    Error error = last_error("commit " + sha);
    error.message += incomplete_clone_hint(repository);
    return error;
  }
  return commit;
}

std::string incomplete_clone_hint(git_repository& repository) {
  if (git_repository_is_shallow(&repository) != 1) return "";
  return "; this clone is shallow: run `git fetch --unshallow`, or set `fetch-depth: 0` in "
         "actions/checkout";
}

}  // namespace melisai::git
