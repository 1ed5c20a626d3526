#include <fnmatch.h>
#include <string.h>  // strverscmp

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/base/text.h"
#include "core/git/repository.h"

namespace melisai::git {
namespace {

constexpr std::string_view kTags = "refs/tags/";

/// Commit -> its matching tag; of several on one commit the highest version ("v1.10" over "v1.9").
std::map<std::string, std::string> tagged_commits(git_repository& repository,
                                                  const std::string& glob) {
  std::map<std::string, std::string> tags;
  ReferenceIterator iterator;
  if (git_reference_iterator_glob_new(iterator.out(), &repository, "refs/tags/*") != 0) return tags;
  Reference reference;
  while (git_reference_next(reference.out(), iterator.get()) == 0) {
    const std::string name = git_reference_name(reference.get());
    if (!name.starts_with(kTags)) continue;
    const std::string short_name = name.substr(kTags.size());
    if (fnmatch(glob.c_str(), short_name.c_str(), 0) != 0) continue;
    Object commit;
    // Tags of trees and files are legal, and of no use here.
    if (git_reference_peel(commit.out(), reference.get(), GIT_OBJECT_COMMIT) != 0) continue;
    std::string& tag = tags[to_hex(*git_object_id(commit.get()))];
    if (strverscmp(short_name.c_str(), tag.c_str()) > 0) tag = short_name;
  }
  git_error_clear();
  return tags;
}

/// Newest first in a heap.
struct TimedCommit {
  git_time_t time = 0;
  Commit commit;
  bool operator<(const TimedCommit& other) const { return time < other.time; }
};

}  // namespace

Result<std::string> last_tag(git_repository& repository, const std::string& glob,
                             const std::string& sha) {
  MELISAI_TRY(const git_oid start, parse_sha(sha));
  const std::map<std::string, std::string> tags = tagged_commits(repository, glob);
  if (tags.empty())
    return Error{Errc::not_found, "no tag matches " + in_quotes(glob) +
                                      "; `git tag` lists what there is, `git fetch --tags` gets "
                                      "more" +
                                      incomplete_clone_hint(repository)};
  // Not libgit2's walk: in a shallow clone that fails on the first parent that is missing.
  std::set<std::string> seen;
  std::vector<TimedCommit> open;
  const auto reach = [&](const git_oid& id) {
    Commit commit;
    if (!seen.insert(to_hex(id)).second || git_commit_lookup(commit.out(), &repository, &id) != 0)
      return;
    open.push_back({git_commit_time(commit.get()), std::move(commit)});
    std::push_heap(open.begin(), open.end());
  };
  reach(start);
  while (!open.empty()) {
    std::pop_heap(open.begin(), open.end());
    const Commit commit = std::move(open.back().commit);
    open.pop_back();
    const git_oid& id = *git_commit_id(commit.get());
    const auto tag = tags.find(to_hex(id));
    if (tag != tags.end() && git_oid_equal(&id, &start) == 0) return tag->second;
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i)
      reach(*git_commit_parent_id(commit.get(), i));
  }
  git_error_clear();
  return Error{Errc::not_found, "no tag that matches " + in_quotes(glob) + " is an ancestor of " +
                                    sha + "; name one with --base TAG" +
                                    incomplete_clone_hint(repository)};
}

std::string branch(git_repository& repository) {
  Reference head;
  std::string name;
  if (git_repository_head_detached(&repository) == 0 &&
      git_repository_head(head.out(), &repository) == 0)
    name = git_reference_shorthand(head.get());
  git_error_clear();
  return name;
}

}  // namespace melisai::git
