#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/git/repository.h"

namespace melisai::git {
namespace {

constexpr std::size_t kSubjectBytesMax = 120;  // 10,000 of them fit into one answer

std::string subject_of(git_commit& commit) {
  const char* summary = git_commit_summary(&commit);
  std::string text = printable(summary != nullptr ? summary : "");
  git_error_clear();
  std::size_t end = 0;
  while (end < text.size() && text.size() > kSubjectBytesMax) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(text.substr(end, 4)));
    if (end + length > kSubjectBytesMax - 3) break;
    end += length;
  }
  if (text.size() > kSubjectBytesMax) text = text.substr(0, end) + "...";
  return text;
}

Error too_many() {
  return {Errc::limit, "more than " + std::to_string(kCommitsBetweenMax) +
                           " commits lie between good and bad: name commits that are closer, for "
                           "instance two releases"};
}

/// An ancestor of both that is not `good` itself means that good is on another branch.
Result<void> check_is_ancestor(git_repository& repository, const std::string& good,
                               const std::string& bad) {
  if (good == bad)
    return Error{Errc::usage, "--good and --bad are the same commit " + good +
                                  ", so nothing lies between: name an older --good"};
  MELISAI_TRY(const std::string base, merge_base(repository, good, bad));
  if (base == good) return {};
  if (base == bad)
    return Error{Errc::usage, "bad commit " + bad + " is an ancestor of good commit " + good +
                                  ": did you swap --good and --bad?"};
  return Error{Errc::usage, "good commit " + good + " is not an ancestor of bad commit " + bad +
                                ": name their merge base " + base + " as --good"};
}

Result<GitCommit> describe(git_repository& repository, const git_oid& id) {
  Commit commit;
  if (git_commit_lookup(commit.out(), &repository, &id) != 0)
    return last_error("commit " + to_hex(id));
  GitCommit described{.sha = to_hex(id), .parents = {}, .subject = subject_of(*commit)};
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i)
    described.parents.push_back(to_hex(*git_commit_parent_id(commit.get(), i)));
  return described;
}

/// `id` and every ancestor of it that the clone holds.
std::set<std::string> present_ancestors(git_repository& repository, const std::string& sha) {
  std::set<std::string> found;
  std::vector<std::string> open{sha};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    const Result<git_oid> id = parse_sha(next);
    const Result<GitCommit> commit = describe(repository, *id);
    if (!commit || !found.insert(next).second) continue;
    open.insert(open.end(), commit->parents.begin(), commit->parents.end());
  }
  return found;
}

/// libgit2 1.5 knows no shallow clones: its walk fails on the first missing parent, also where that
/// is an ancestor of good. A missing commit between the two ends this one too: what a clone has
/// must not pass for all.
Result<std::vector<GitCommit>> walk_shallow(git_repository& repository, const std::string& good,
                                            const std::string& bad) {
  std::set<std::string> seen = present_ancestors(repository, good);
  struct Visit {
    GitCommit commit;
    std::size_t parents_done = 0;
  };
  std::vector<Visit> path;
  std::vector<GitCommit> commits;
  std::string next = bad;
  while (true) {
    if (seen.insert(next).second) {
      MELISAI_CHECK(find_commit(repository, next));
      MELISAI_TRY(const git_oid id, parse_sha(next));
      MELISAI_TRY(GitCommit commit, describe(repository, id));
      path.push_back({std::move(commit)});
      if (path.size() > kCommitsBetweenMax) return too_many();
    }
    while (!path.empty() && path.back().parents_done == path.back().commit.parents.size()) {
      commits.push_back(std::move(path.back().commit));
      path.pop_back();
      if (commits.size() > kCommitsBetweenMax) return too_many();
    }
    if (path.empty()) return commits;
    next = path.back().commit.parents[path.back().parents_done++];
  }
}

/// From the root of the range to the bad commit.
Result<std::vector<GitCommit>> walk(git_repository& repository, const git_oid& good,
                                    const git_oid& bad) {
  RevisionWalk walk;
  const auto failed = [&] {
    return last_error("commits between " + to_hex(good) + " and " + to_hex(bad));
  };
  if (git_revwalk_new(walk.out(), &repository) != 0) return failed();
  if (git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE) != 0 ||
      git_revwalk_push(walk.get(), &bad) != 0 || git_revwalk_hide(walk.get(), &good) != 0)
    return failed();
  std::vector<GitCommit> commits;
  git_oid id;
  int rc = 0;
  while ((rc = git_revwalk_next(&id, walk.get())) == 0) {
    if (commits.size() >= kCommitsBetweenMax) return too_many();
    MELISAI_TRY(GitCommit commit, describe(repository, id));
    commits.push_back(std::move(commit));
  }
  if (rc != GIT_ITEROVER) return failed();
  return commits;
}

}  // namespace

Result<std::vector<GitCommit>> commits_between(git_repository& repository,
                                               const std::string& good_sha,
                                               const std::string& bad_sha) {
  MELISAI_TRY(const git_oid good, parse_sha(good_sha));
  MELISAI_TRY(const git_oid bad, parse_sha(bad_sha));
  MELISAI_CHECK(check_is_ancestor(repository, good_sha, bad_sha));
  if (git_repository_is_shallow(&repository) == 1)
    return walk_shallow(repository, good_sha, bad_sha);
  return walk(repository, good, bad);
}

}  // namespace melisai::git
