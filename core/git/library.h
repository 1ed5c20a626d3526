// libgit2 with owners: every handle is a unique_ptr, every failure becomes an Error. One thread.
#pragma once

#include <git2.h>

#include <string>
#include <utility>

#include "core/base/result.h"

namespace melisai::git {

/// Owner of one handle of a C library. Unlike a unique_ptr it can be filled and read in one
/// expression.
template <class T, auto free_handle>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T* raw) : raw_(raw) {}
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Handle() { reset(); }
  T* get() const { return raw_; }
  T& operator*() const { return *raw_; }
  /// For the first argument of libgit2's functions; frees what was held.
  T** out() {
    reset();
    return &raw_;
  }

 private:
  void reset() {
    if (raw_ != nullptr) free_handle(raw_);
    raw_ = nullptr;
  }
  T* raw_ = nullptr;
};

using Repository = Handle<git_repository, git_repository_free>;
using Object = Handle<git_object, git_object_free>;
using Commit = Handle<git_commit, git_commit_free>;
using Tree = Handle<git_tree, git_tree_free>;
using TreeEntry = Handle<git_tree_entry, git_tree_entry_free>;
using Blob = Handle<git_blob, git_blob_free>;
using Diff = Handle<git_diff, git_diff_free>;
using Index = Handle<git_index, git_index_free>;
using Odb = Handle<git_odb, git_odb_free>;
using Reference = Handle<git_reference, git_reference_free>;
using ReferenceIterator = Handle<git_reference_iterator, git_reference_iterator_free>;
using Remote = Handle<git_remote, git_remote_free>;
using RevisionWalk = Handle<git_revwalk, git_revwalk_free>;
using StatusList = Handle<git_status_list, git_status_list_free>;

/// Starts libgit2 with the user's and the system's git configuration out of sight, and with limits.
/// One object, in main.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

/// "context: what libgit2 says" and forgets what it said. disk_full when that is what the system
/// told libgit2.
Error last_error(const std::string& context);

/// Full lower-case hex digits.
std::string to_hex(const git_oid& id);

/// Errors: git, when `sha` is not 40 hex digits.
Result<git_oid> parse_sha(const std::string& sha);

/// Errors: git; says so when the clone is shallow or partial, since then the commit may exist
/// elsewhere.
Result<Commit> find_commit(git_repository& repository, const std::string& sha);

/// "; this clone is shallow, ..." with the way out, or "" for a complete clone.
std::string incomplete_clone_hint(git_repository& repository);

}  // namespace melisai::git
