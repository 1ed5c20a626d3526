#include "core/git/submodules.h"

#include <map>

#include "core/base/files.h"
#include "core/git/gitmodules.h"
#include "core/git/repository.h"
#include "core/git/transport.h"

namespace melisai::git {
namespace {

constexpr int kSubmodulesMax = 100;
constexpr int kDepthMax = 8;
constexpr Bytes kGitmodulesBytesMax = 1 << 20;

/// Where the repository came from; a repository without origin is its own origin, as for git.
std::string url_of(git_repository& repository) {
  Remote origin;
  std::string url;
  if (git_remote_lookup(origin.out(), &repository, "origin") == 0 &&
      git_remote_url(origin.get()) != nullptr) {
    url = git_remote_url(origin.get());
  }
  git_error_clear();
  const std::string here = worktree(repository);
  if (url.empty()) return here.empty() ? git_repository_path(&repository) : here;
  if (is_local_url(url) && (url.starts_with("./") || url.starts_with("../")))
    return here + "/" + url;
  return url;
}

Result<std::map<std::string, std::string>> read_gitmodules(git_repository& repository,
                                                           const git_tree& tree) {
  const git_tree_entry* entry = git_tree_entry_byname(&tree, ".gitmodules");
  if (entry == nullptr) return std::map<std::string, std::string>();
  const git_filemode_t mode = git_tree_entry_filemode(entry);
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) {
    return Error{Errc::git, ".gitmodules is not a regular file: replace it by one"};
  }
  Blob blob;
  if (git_blob_lookup(blob.out(), &repository, git_tree_entry_id(entry)) != 0)
    return last_error(".gitmodules");
  const auto size = static_cast<Bytes>(git_blob_rawsize(blob.get()));
  if (size > kGitmodulesBytesMax) return Error{Errc::limit, ".gitmodules is longer than 1 MiB"};
  return parse_gitmodules({static_cast<const char*>(git_blob_rawcontent(blob.get())), size});
}

}  // namespace

SubmoduleWriter::SubmoduleWriter(const Fd& root, Budget& budget, const CheckoutTask& task)
    : root_(root),
      directory_(task.directory),
      budget_(budget),
      origin_(task.origin),
      policy_{.allow_http = task.allow_http} {}

Result<void> SubmoduleWriter::write(git_repository& repository, const git_tree& tree,
                                    const std::vector<Gitlink>& links) {
  if (links.empty()) return {};
  MELISAI_TRY(const TemporaryDirectory scratch,
              TemporaryDirectory::make(directory_, ".melisai-submodules-"));
  scratch_ = scratch.path();
  const std::string url = origin_.url.empty() ? url_of(repository) : origin_.url;
  // A repository that came over the network must not make us read this machine's other
  // repositories.
  policy_.allow_local = is_local_url(url);
  return write_children(
      {.repository = repository, .tree = tree, .links = links, .url = url, .prefix = ""});
}

Result<void> SubmoduleWriter::write_children(const Parent& parent) {
  if (parent.links.empty()) return {};
  if (parent.depth >= kDepthMax) {
    return Error{Errc::limit,
                 "submodules are nested more than " + std::to_string(kDepthMax) + " deep"};
  }
  MELISAI_TRY(const auto urls, read_gitmodules(parent.repository, parent.tree));
  for (const Gitlink& link : parent.links) {
    const auto found = urls.find(link.path);
    const std::string path = parent.prefix + link.path;
    if (found == urls.end()) {
      return Error{Errc::git, "submodule " + path +
                                  " has no url in .gitmodules: add one or remove the submodule"};
    }
    auto written = write_child(parent, link, found->second);
    // Children have named themselves already.
    if (!written)
      return parent.depth == 0 ? with_context(written.error(), "submodule " + path)
                               : written.error();
  }
  return {};
}

Result<void> SubmoduleWriter::write_child(const Parent& parent, const Gitlink& link,
                                          const std::string& url) {
  if (++count_ > kSubmodulesMax) {
    return Error{Errc::limit, "more than " + std::to_string(kSubmodulesMax) + " submodules"};
  }
  MELISAI_TRY(const std::string full_url, resolve_relative_url(parent.url, url));
  const std::string sha = to_hex(link.id);
  MELISAI_TRY(const Repository repository,
              fetch_commit({.url = full_url,
                            .token = is_same_server(full_url, origin_.url) ? origin_.token : "",
                            .directory = scratch_ + "/" + std::to_string(count_),
                            .sha = sha,
                            .policy = policy_}));
  MELISAI_TRY(const Commit commit, find_commit(*repository, sha));
  Tree tree;
  if (git_commit_tree(tree.out(), commit.get()) != 0) return last_error("tree of " + sha);
  const std::string path = parent.prefix + link.path;
  MELISAI_TRY(const Fd target, open_directory_below(root_, path));
  const std::set<std::string> skip;
  TreeWriter writer(*repository, budget_, skip);
  MELISAI_TRY(const std::vector<Gitlink> links, writer.write(*tree, target));
  return write_children({.repository = *repository,
                         .tree = *tree,
                         .links = links,
                         .url = full_url,
                         .prefix = path + "/",
                         .depth = parent.depth + 1});
}

}  // namespace melisai::git
