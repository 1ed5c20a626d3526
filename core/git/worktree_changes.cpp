#include "core/git/worktree_changes.h"

namespace melisai::git {
namespace {

constexpr unsigned kGone = GIT_STATUS_WT_DELETED;
constexpr unsigned kInWorktree =
    GIT_STATUS_WT_NEW | GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_TYPECHANGE;

std::string path_of(const git_status_entry& entry) {
  const git_diff_delta* delta =
      entry.index_to_workdir != nullptr ? entry.index_to_workdir : entry.head_to_index;
  return delta->new_file.path != nullptr ? delta->new_file.path : delta->old_file.path;
}

/// libgit2 1.5 calls files that a sparse checkout left out deleted.
bool is_left_out(git_index& index, const std::string& path) {
  const git_index_entry* entry = git_index_get_bypath(&index, path.c_str(), 0);
  return entry != nullptr && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
}

bool is_submodule(const git_status_entry& entry) {
  for (const git_diff_delta* delta : {entry.head_to_index, entry.index_to_workdir}) {
    if (delta != nullptr && delta->new_file.mode == GIT_FILEMODE_COMMIT) return true;
  }
  return false;
}

bool was_submodule(const git_status_entry& entry) {
  return entry.head_to_index != nullptr &&
         entry.head_to_index->old_file.mode == GIT_FILEMODE_COMMIT;
}

/// A path that is deleted in the index and on disk as an ignored file is no part of the state.
bool is_copied(unsigned status) {
  if ((status & kGone) != 0) return false;
  return (status & GIT_STATUS_INDEX_DELETED) == 0 || (status & kInWorktree) != 0;
}

struct SubmoduleWalk {
  git_index& index;
  WorktreeChanges& changes;
};

int note_removed_submodule(const char* root, const git_tree_entry* entry, void* payload) {
  const SubmoduleWalk& walk = *static_cast<SubmoduleWalk*>(payload);
  const std::string path = std::string(root) + git_tree_entry_name(entry);
  if (git_tree_entry_filemode(entry) == GIT_FILEMODE_COMMIT &&
      git_index_get_bypath(&walk.index, path.c_str(), 0) == nullptr) {
    walk.changes.paths.insert(path);
  }
  return 0;
}

/// The list of changes leaves submodules out, for it would open each of them, so removed ones are
/// looked up here.
Result<void> find_removed_submodules(const git_tree& head, git_index& index,
                                     WorktreeChanges& changes) {
  if (git_tree_entry_byname(&head, ".gitmodules") == nullptr) return {};
  SubmoduleWalk walk{index, changes};
  if (git_tree_walk(&head, GIT_TREEWALK_PRE, note_removed_submodule, &walk) != 0)
    return last_error("submodules of HEAD");
  return {};
}

Result<void> note_change(const git_status_entry& entry, git_index& index,
                         WorktreeChanges& changes) {
  const auto status = static_cast<unsigned>(entry.status);
  const std::string path = path_of(entry);
  if ((status & GIT_STATUS_CONFLICTED) != 0) {
    return Error{Errc::git, path + " has unresolved merge conflicts: resolve them first"};
  }
  if ((status & GIT_STATUS_WT_UNREADABLE) != 0) {
    return Error{Errc::git,
                 path + " cannot be read: change its permissions or add it to .gitignore"};
  }
  if (is_submodule(entry)) {
    // Submodules are checked out as HEAD records them; a file that became one is gone.
    if (!was_submodule(entry)) changes.paths.insert(path);
    return {};
  }
  if (path.ends_with('/')) return {};  // a repository of its own inside the work tree
  if ((status & kGone) != 0 && is_left_out(index, path)) return {};
  changes.paths.insert(path);
  if (is_copied(status)) changes.copied.push_back(path);
  return {};
}

}  // namespace

Result<WorktreeChanges> find_changes(git_repository& repository, git_tree& head) {
  git_status_options options = GIT_STATUS_OPTIONS_INIT;
  options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
  options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                  GIT_STATUS_OPT_EXCLUDE_SUBMODULES | GIT_STATUS_OPT_INCLUDE_UNREADABLE |
                  GIT_STATUS_OPT_SORT_CASE_SENSITIVELY;
  options.baseline = &head;
  StatusList list;
  if (git_status_list_new(list.out(), &repository, &options) != 0)
    return last_error("state of the work tree");
  Index index;
  if (git_repository_index(index.out(), &repository) != 0) return last_error("index");
  WorktreeChanges changes;
  const size_t count = git_status_list_entrycount(list.get());
  for (size_t i = 0; i < count; ++i) {
    MELISAI_CHECK(note_change(*git_status_byindex(list.get(), i), *index, changes));
  }
  MELISAI_CHECK(find_removed_submodules(head, *index, changes));
  return changes;
}

Result<void> copy_changes(const WorktreeChanges& changes, const CopyPlaces& places) {
  for (const std::string& path : changes.copied) {
    const size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
    MELISAI_TRY(const Fd from, open_directory_below(places.from, parent));
    MELISAI_TRY(const Fd to, make_directories_below(places.to, parent));
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    MELISAI_CHECK(check_name(name));
    auto copied = copy_entry(
        {.from = from, .to = to, .name = name, .bytes_max = places.budget.limits().file});
    if (!copied) return with_context(copied.error(), "copying " + path + " from the work tree");
    MELISAI_CHECK(places.budget.take(*copied, path));
  }
  return {};
}

}  // namespace melisai::git
