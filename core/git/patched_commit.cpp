#include "core/git/patched_commit.h"

#include "core/base/files.h"
#include "core/base/git.h"
#include "core/base/text.h"
#include "core/git/safe_files.h"

namespace melisai::git {
namespace {

using Diff = Handle<git_diff, git_diff_free>;
using Signature = Handle<git_signature, git_signature_free>;

constexpr std::string_view kOurRefs = "refs/melisai-gate/";

Error bad_patch(const std::string& what) {
  return Error{Errc::usage, "the patch " + what + "; nothing was applied"};
}

bool is_file(unsigned mode) {
  return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

/// Files and their modes only: a link or a submodule could point to what the repository does not
/// hold.
Result<void> check_file(const git_diff_file& file) {
  if (file.path == nullptr) return {};
  if (file.mode != GIT_FILEMODE_UNREADABLE && !is_file(file.mode))
    return bad_patch("makes " + in_quotes(file.path) + " something else than a file");
  std::string_view rest = file.path;
  while (true) {
    const std::size_t slash = rest.find('/');
    if (!check_name(rest.substr(0, slash)))
      return bad_patch("names the path " + in_quotes(file.path));
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

Result<Diff> read_patch(const std::string& path) {
  MELISAI_TRY(const std::string text, melisai::read_file(path, kPatchBytesMax));
  Diff diff;
  if (git_diff_from_buffer(diff.out(), text.data(), text.size()) != 0)
    return bad_patch("cannot be read: " + last_error("patch").message);
  const std::size_t files = git_diff_num_deltas(diff.get());
  if (files == 0) return bad_patch("is empty");
  if (files > kPatchFilesMax)
    return bad_patch("changes more than " + std::to_string(kPatchFilesMax) + " files");
  for (std::size_t i = 0; i < files; ++i) {
    const git_diff_delta& delta = *git_diff_get_delta(diff.get(), i);
    MELISAI_CHECK(check_file(delta.old_file));
    MELISAI_CHECK(check_file(delta.new_file));
  }
  return diff;
}

/// A patch need not say a mode, and libgit2 then makes a plain file of what may have been a
/// program, or a link.
Result<void> keep_mode(const git_diff_delta& delta, const git_tree& tree, git_index& index) {
  const bool was_there = delta.status != GIT_DELTA_ADDED && delta.status != GIT_DELTA_DELETED;
  if (!was_there || delta.new_file.mode != GIT_FILEMODE_UNREADABLE) return {};
  TreeEntry old;
  if (git_tree_entry_bypath(old.out(), &tree, delta.old_file.path) != 0)
    return last_error(delta.old_file.path);
  const git_filemode_t mode = git_tree_entry_filemode(old.get());
  if (!is_file(mode)) return bad_patch("changes " + in_quotes(delta.old_file.path) + ", no file");
  const git_index_entry* const made = git_index_get_bypath(&index, delta.new_file.path, 0);
  if (made == nullptr) return {};
  git_index_entry entry = *made;
  entry.mode = mode;
  if (git_index_add(&index, &entry) != 0) return last_error(delta.new_file.path);
  return {};
}

/// The tree with the patch in it, written to the repository.
Result<Tree> patched_tree(git_repository& repository, git_tree& tree, git_diff& diff) {
  Index index;
  if (git_apply_to_tree(index.out(), &repository, &tree, &diff, nullptr) != 0)
    return bad_patch("does not fit the commit: " + last_error("patch").message);
  for (std::size_t i = 0; i < git_diff_num_deltas(&diff); ++i)
    MELISAI_CHECK(keep_mode(*git_diff_get_delta(&diff, i), tree, *index));
  git_oid id;
  if (git_index_write_tree_to(&id, index.get(), &repository) != 0) return last_error("new tree");
  if (git_oid_equal(&id, git_tree_id(&tree)) != 0) return bad_patch("changes nothing");
  Tree patched;
  if (git_tree_lookup(patched.out(), &repository, &id) != 0) return last_error("new tree");
  return patched;
}

}  // namespace

Result<std::string> commit_patch(git_repository& repository, const PatchTask& task) {
  if (!task.ref.starts_with(kOurRefs) || git_reference_is_valid_name(task.ref.c_str()) == 0)
    return Error{Errc::usage, in_quotes(task.ref) + " is no name below " + std::string(kOurRefs)};
  MELISAI_TRY(const Diff diff, read_patch(task.file));
  MELISAI_TRY(const Commit parent, find_commit(repository, task.sha));
  Tree tree;
  if (git_commit_tree(tree.out(), parent.get()) != 0) return last_error("tree of " + task.sha);
  MELISAI_TRY(const Tree patched, patched_tree(repository, *tree, *diff));
  Signature us;
  if (git_signature_now(us.out(), "melisai-gate", "melisai-gate@localhost") != 0)
    return last_error("signature");
  git_oid id;
  const git_commit* parents[] = {parent.get()};
  Reference made;
  if (git_commit_create(&id, &repository, nullptr, us.get(), us.get(), nullptr,
                        task.message.c_str(), patched.get(), 1, parents) != 0 ||
      git_reference_create(made.out(), &repository, task.ref.c_str(), &id, 1, nullptr) != 0)
    return last_error(task.ref);
  return to_hex(id);
}

}  // namespace melisai::git
