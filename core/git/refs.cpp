#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/git/repository.h"

namespace melisai::git {
namespace {

constexpr size_t kRefBytesMax = 1000;
constexpr size_t kSuggestionsFromMax = 10'000;
constexpr std::string_view kUsualDefaults[] = {"main", "master", "trunk", "develop"};

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Names as a user would type them: "main", "v1.0", "origin/main".
std::vector<std::string> branch_and_tag_names(git_repository& repository) {
  std::vector<std::string> names;
  ReferenceIterator iterator;
  if (git_reference_iterator_new(iterator.out(), &repository) != 0) return names;
  Reference reference;
  while (names.size() < kSuggestionsFromMax &&
         git_reference_next(reference.out(), iterator.get()) == 0) {
    names.emplace_back(git_reference_shorthand(reference.get()));
  }
  git_error_clear();
  return names;
}

/// A repository without any commit gets one plain sentence instead of "unknown reference HEAD".
bool has_no_commit(git_repository& repository) {
  return git_repository_head_unborn(&repository) == 1 && branch_and_tag_names(repository).empty();
}

Error unknown_ref(git_repository& repository, const std::string& ref) {
  if (has_no_commit(repository)) {
    return Error{Errc::not_found, "the repository has no commit yet: commit something first"};
  }
  const std::vector<std::string> names = branch_and_tag_names(repository);
  const std::string near = nearest_name(ref, names);
  std::string advice = incomplete_clone_hint(repository);
  if (!near.empty()) advice = "; did you mean " + in_quotes(near) + "?" + advice;
  if (advice.empty())
    advice = "; `git branch -a` and `git tag` list what there is, `git fetch` gets more";
  return Error{Errc::not_found, "unknown git reference " + in_quotes(ref) + advice};
}

bool exists(git_repository& repository, const std::string& full_name) {
  git_oid id;
  const bool found = git_reference_name_to_id(&id, &repository, full_name.c_str()) == 0;
  git_error_clear();
  return found;
}

/// A full name is that reference or none: libgit2 would also take refs/heads/v1-3-gabc for what
/// `git describe` says of commit abc.
bool is_full_name(const std::string& ref) {
  int is_valid = 0;
  return ref.starts_with("refs/") && git_reference_name_is_valid(&is_valid, ref.c_str()) == 0 &&
         is_valid == 1;
}

/// GIT_ENOTFOUND when there is no such thing, else git's code; `object` is set with 0.
int look_up(Object& object, git_repository& repository, const std::string& ref) {
  if (is_full_name(ref) && !exists(repository, ref)) return GIT_ENOTFOUND;
  const int rc = git_revparse_single(object.out(), &repository, ref.c_str());
  if (rc != GIT_ENOTFOUND) return rc;
  return git_revparse_single(object.out(), &repository, ("refs/remotes/origin/" + ref).c_str());
}

/// "origin/main" when origin says which branch is its default and that branch was fetched, else "".
std::string remote_head(git_repository& repository) {
  constexpr std::string_view kPrefix = "refs/remotes/";
  Reference head;
  std::string name;
  if (git_reference_lookup(head.out(), &repository, "refs/remotes/origin/HEAD") == 0 &&
      git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC) {
    const std::string target = git_reference_symbolic_target(head.get());
    if (target.starts_with(kPrefix) && exists(repository, target))
      name = target.substr(kPrefix.size());
  }
  git_error_clear();
  return name;
}

/// The only local branch, or "" when there are none or several.
std::string only_branch(git_repository& repository) {
  ReferenceIterator iterator;
  if (git_reference_iterator_glob_new(iterator.out(), &repository, "refs/heads/*") != 0) return "";
  Reference first;
  Reference second;
  if (git_reference_next(first.out(), iterator.get()) != 0) return "";
  if (git_reference_next(second.out(), iterator.get()) == 0) return "";
  git_error_clear();
  return git_reference_shorthand(first.get());
}

}  // namespace

Result<std::string> resolve(git_repository& repository, const std::string& ref) {
  if (ref.empty())
    return Error{Errc::not_found, "the git reference is empty: name a branch, tag or commit"};
  if (ref.size() > kRefBytesMax) {
    return Error{Errc::not_found, "a git reference of " + std::to_string(ref.size()) +
                                      " bytes; at most " + std::to_string(kRefBytesMax) +
                                      " are accepted"};
  }
  if (has_control_character(ref)) {
    return Error{Errc::not_found,
                 "the git reference " + in_quotes(ref) + " contains a control character"};
  }
  Object object;
  const int rc = look_up(object, repository, ref);
  // libgit2 also says "ambiguous" about hex digits too few to look up at all.
  if (rc == GIT_EAMBIGUOUS && ref.size() >= GIT_OID_MINPREFIXLEN) {
    git_error_clear();
    return Error{
        Errc::not_found,
        in_quotes(ref) + " is ambiguous: more than one object starts so; give more digits"};
  }
  if (rc != 0) {
    git_error_clear();
    return unknown_ref(repository, ref);
  }
  Object commit;
  if (git_object_peel(commit.out(), object.get(), GIT_OBJECT_COMMIT) != 0) {
    git_error_clear();
    return Error{Errc::not_found, in_quotes(ref) + " names a " +
                                      git_object_type2string(git_object_type(object.get())) +
                                      ", not a commit: name a branch, tag or commit"};
  }
  return to_hex(*git_object_id(commit.get()));
}

Result<std::string> default_branch(git_repository& repository) {
  if (std::string name = remote_head(repository); !name.empty()) return name;
  for (std::string_view name : kUsualDefaults) {
    if (exists(repository, "refs/heads/" + std::string(name))) return std::string(name);
  }
  for (std::string_view name : kUsualDefaults) {
    const std::string remote = "origin/" + std::string(name);
    if (exists(repository, "refs/remotes/" + remote)) return remote;
  }
  if (std::string name = only_branch(repository); !name.empty()) return name;
  if (has_no_commit(repository)) {
    return Error{Errc::not_found, "the repository has no commit yet: commit something first"};
  }
  return Error{Errc::not_found,
               "no default branch found (origin/HEAD, main, master, trunk, develop): name the base "
               "with --base"};
}

}  // namespace melisai::git
