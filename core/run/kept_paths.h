// KeptPaths: what pipelines keep from run to run (`cache` of a pipeline: downloads, object files),
// under STATE_DIR/cache. Copied into the tree before the stage and out of it after a pass, so that
// no run sees another one's half-finished files. Branches never share. Untrusted runs
// keep nothing and get nothing: they could fill the place of what others need, and their branch is
// only a name, which two strangers may have chosen. Never used where something is
// timed: both sides of a comparison start from nothing but their commit.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai::run {

/// Whose paths.
struct KeptOwner {
  std::string project;
  std::string branch = "";  ///< or what no branch is called: "pull request 7"; "" : of tags
  bool trusted = true;
};
/// The same for the same owner only.
std::string text_of(const KeptOwner& owner);

class KeptPaths {
 public:
  KeptPaths(std::string state_dir, CacheOptions options, KeptOwner owner);

  const KeptOwner& owner() const { return owner_; }

  /// False: there is nothing to take: never kept, too old, for other paths, or in use right now.
  /// Errors: those of copy_tree(); the tree may have a part then, and nothing is kept any more.
  Result<bool> restore(const PipelineSpec& pipeline, const std::string& tree);
  /// Instead of what is kept. Paths that are not in the tree are left out. Errors: limit when it is
  /// more than size_max, io, disk_full; then nothing new is kept.
  Result<void> save(const PipelineSpec& pipeline, const std::string& tree);
  /// Drops what is older than age_max, then what was not used for longest until size_max holds;
  /// never what is in use.
  void evict();

 private:
  bool is_for(const PipelineSpec& pipeline) const;
  std::string entry_of(const PipelineSpec& pipeline) const;
  std::string key_text(const PipelineSpec& pipeline) const;

  std::string directory_;
  CacheOptions options_;
  KeptOwner owner_;
};

}  // namespace melisai::run
