// BuildCache: built trees under STATE_DIR/builds, one directory per commit + configuration +
// machine + toolchain, reused only when nobody changed a file since the build. Paths of all trees
// have the same length, because the length of a path reaches the program's environment and memory
// layout and would bias a comparison.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_lock.h"
#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai::run {

/// Everything that makes two builds interchangeable, as text.
struct BuildKey {
  std::string sha;          ///< "" for a work tree: never reused
  std::string fingerprint;  ///< of the machine
  std::vector<PipelineSpec> pipelines;
  bool submodules = false;
  bool trusted = true;                   ///< what strangers have built is for strangers
  std::string kept_for;                  ///< whose KeptPaths are in it; "": nobody's
  std::vector<std::string> environment;  ///< what build stages see of the caller's environment
  /// Whose tree goes on from commit to commit (incremental builds); "": a tree of its own, from
  /// nothing but the commit, as everything has that is compared.
  std::string line;
  std::string to_text() const;
};

/// Changes when a package or compiler of this machine does: stamps of the package database, the
/// linker cache and the tools in PATH.
std::string toolchain_stamp();

/// A tree that this process holds (file lock) until destruction. Not kept: removed then.
class BuildSlot {
 public:
  BuildSlot(BuildSlot&& other) noexcept;
  BuildSlot& operator=(BuildSlot&&) = delete;
  ~BuildSlot();

  const std::string& tree() const { return tree_; }  ///< absolute; empty directory unless reused()
  bool reused() const { return reused_; }
  /// Records that the tree is built, so that a later check may reuse it. Nothing for slots without
  /// a key.
  Result<void> commit();
  void keep() { keep_ = true; }

  // Of a line only.
  bool of_line() const { return !line_text_.empty(); }
  /// It holds what an earlier run of its line left, of this commit or another one.
  bool goes_on() const { return goes_on_; }
  std::string fresh() const { return directory_ + "/fresh"; }  ///< to check out into
  std::string list() const { return directory_ + "/files"; }   ///< as of Renewal
  /// All that was to be done in it has passed: the next commit may go on from here. Without it the
  /// next one starts from nothing.
  Result<void> pass();
  void forget() { keep_ = false; }  ///< it is removed with this slot

 private:
  friend class BuildCache;
  BuildSlot() = default;
  std::string directory_;
  std::string tree_;
  std::string key_text_;  ///< "" : never reused
  std::string line_text_;
  std::optional<FileLock> lock_;
  bool reused_ = false;
  bool goes_on_ = false;
  bool keep_ = false;
};

class BuildCache {
 public:
  BuildCache(std::string state_dir, CacheOptions options);
  /// The finished build of `key`, or an empty tree to build in. A build that another process holds
  /// is not waited for: the caller gets a private tree. Errors: disk_full, io.
  Result<BuildSlot> acquire(const BuildKey& key, std::string_view random_hex);
  /// Drops builds older than age_max, then the oldest until size_max holds; never one that is
  /// locked. The same when it is not enabled: one branch may do without, and others not.
  void evict();

 private:
  std::string directory_;
  CacheOptions options_;
};

}  // namespace melisai::run
