#include <cstring>
#include <unordered_map>
#include <vector>

#include "core/git/repository.h"

namespace melisai::git {
namespace {

struct OidHash {
  size_t operator()(const git_oid& id) const {
    size_t hash;
    std::memcpy(&hash, id.id, sizeof hash);
    return hash;
  }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};
struct Node {
  std::vector<git_oid> parents;
  git_time_t time = 0;
};
using Ancestors = std::unordered_map<git_oid, Node, OidHash, OidEqual>;

/// `start` and every ancestor that the clone holds; a parent that is missing is the edge of a
/// shallow clone.
Ancestors present_ancestors(git_repository& repository, const git_oid& start) {
  Ancestors found;
  std::vector<git_oid> open{start};
  while (!open.empty()) {
    const git_oid id = open.back();
    open.pop_back();
    Commit commit;
    if (found.contains(id) || git_commit_lookup(commit.out(), &repository, &id) != 0) continue;
    Node& node = found[id];
    node.time = git_commit_time(commit.get());
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
      node.parents.push_back(*git_commit_parent_id(commit.get(), i));
      open.push_back(node.parents.back());
    }
  }
  git_error_clear();
  return found;
}

/// libgit2 1.5 knows no shallow clones: its own search fails on the first missing parent even when
/// the answer is there
/// (`fetch-depth: 2` and a merge commit). The common ancestors are closed under "parent of", so the
/// best ones are those that are no parent of another; the newest is taken, as git does.
bool shallow_merge_base(git_oid& best, git_repository& repository, const git_oid& a,
                        const git_oid& b) {
  Ancestors common = present_ancestors(repository, a);
  const Ancestors of_b = present_ancestors(repository, b);
  std::erase_if(common, [&](const auto& item) { return !of_b.contains(item.first); });
  Ancestors candidates = common;
  for (const auto& [id, node] : common) {
    for (const git_oid& parent : node.parents) candidates.erase(parent);
  }
  const Node* newest = nullptr;
  for (const auto& [id, node] : candidates) {
    // Equal times are told apart by id, so that the answer does not depend on the hash table's
    // order.
    if (newest != nullptr &&
        (node.time < newest->time || (node.time == newest->time && git_oid_cmp(&id, &best) > 0))) {
      continue;
    }
    newest = &node;
    best = id;
  }
  return newest != nullptr;
}

}  // namespace

Result<std::string> merge_base(git_repository& repository, const std::string& sha_a,
                               const std::string& sha_b) {
  MELISAI_TRY(const git_oid a, parse_sha(sha_a));
  MELISAI_TRY(const git_oid b, parse_sha(sha_b));
  const std::string none = "no common ancestor of " + sha_a + " and " + sha_b;
  git_oid base;
  if (git_repository_is_shallow(&repository) == 1) {
    if (shallow_merge_base(base, repository, a, b)) return to_hex(base);
    return Error{Errc::git, none + incomplete_clone_hint(repository)};
  }
  const int rc = git_merge_base(&base, &repository, &a, &b);
  if (rc == 0) return to_hex(base);
  // The same code stands for "no merge base" and for "object missing"; only the latter names the
  // object database.
  const git_error* last = git_error_last();
  if (rc == GIT_ENOTFOUND && (last == nullptr || last->klass == GIT_ERROR_MERGE)) {
    git_error_clear();
    return Error{Errc::git, none + ": name another --base"};
  }
  return last_error("merge base of " + sha_a + " and " + sha_b);
}

}  // namespace melisai::git
