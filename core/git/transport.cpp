#include "core/git/transport.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string_view>

#include "core/base/text.h"
#include "core/git/local_view.h"
#include "core/git/session.h"

namespace melisai::git {
namespace {

constexpr size_t kRefBytesMax = 1000;
constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";
constexpr std::string_view kPeeled = "^{}";  // after an annotated tag comes the commit behind it

Result<std::span<const git_remote_head*>> heads_of(git_remote& remote, const Session& session) {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (git_remote_ls(&heads, &count, &remote) != 0) return session.error();
  return std::span(heads, count);
}

bool is_branch_or_tag(std::string_view name) {
  return name.starts_with(kBranches) || name.starts_with(kTags);
}

/// What else is named: a proposal's head and nothing but that.
Result<void> check_proposal(const std::string& ref) {
  if (ref.empty() || is_proposal_head(ref)) return {};
  return Error{Errc::usage, in_quotes(ref) + " is no head of a pull request"};
}

/// Where we keep it: no branch, so that no ref of ours is called as a stranger likes.
std::string place_of(const std::string& proposal) {
  return "refs/melisai-gate/proposals/" + proposal.substr(std::string_view("refs/").size());
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_nameable(const std::string& name) {
  int is_valid = 0;
  return name.size() <= kRefBytesMax && is_utf8(name) &&
         git_reference_name_is_valid(&is_valid, name.c_str()) == 0 && is_valid == 1;
}

/// Git keeps refs as files: "a" and "a/b" cannot both exist.
bool is_in_the_way(const std::string& name, const std::set<std::string, std::less<>>& wanted) {
  const auto below = wanted.lower_bound(name + "/");
  if (below != wanted.end() && below->starts_with(name + "/")) return true;
  for (size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
       slash = name.rfind('/', slash - 1))
    if (wanted.contains(std::string_view(name).substr(0, slash))) return true;
  return false;
}

/// Deletes our branches and tags that the server has given up for others.
Result<void> make_way(git_repository& repository, std::span<const git_remote_head*> heads) {
  std::set<std::string, std::less<>> wanted;
  for (const git_remote_head* head : heads) wanted.insert(head->name);
  ReferenceIterator iterator;
  if (git_reference_iterator_new(iterator.out(), &repository) != 0) return last_error("references");
  std::vector<Reference> obsolete;
  Reference reference;
  while (git_reference_next(reference.out(), iterator.get()) == 0) {
    const std::string name = git_reference_name(reference.get());
    if (is_branch_or_tag(name) && is_in_the_way(name, wanted))
      obsolete.push_back(std::move(reference));
  }
  git_error_clear();
  for (const Reference& old : obsolete)
    if (git_reference_delete(old.get()) != 0) return last_error(git_reference_name(old.get()));
  return {};
}

/// `from`: task.url, or what stands for it.
Result<void> fetch_from(const std::string& from, git_repository& repository,
                        const FetchTask& task) {
  Session session("fetching", task.url, task.token);
  Remote remote;
  const git_remote_connect_options connect = session.connect_options();
  if (git_remote_create_anonymous(remote.out(), &repository, from.c_str()) != 0 ||
      git_remote_connect_ext(remote.get(), GIT_DIRECTION_FETCH, &connect) != 0)
    return session.error();
  MELISAI_TRY(const auto heads, heads_of(*remote, session));
  MELISAI_CHECK(make_way(repository, heads));
  std::string branches = "+refs/heads/*:refs/heads/*";
  std::string tags = "+refs/tags/*:refs/tags/*";
  std::string proposal = "+" + task.proposal + ":";
  if (!task.proposal.empty()) proposal += place_of(task.proposal);
  std::array<char*, 3> specs{branches.data(), tags.data(), proposal.data()};
  const git_strarray list{specs.data(), task.proposal.empty() ? 2 : specs.size()};
  const git_fetch_options options = session.fetch_options();
  if (git_remote_fetch(remote.get(), &list, &options, nullptr) != 0) return session.error();
  return {};
}

Result<void> fetch(git_repository& repository, const FetchTask& task) {
  if (!is_local_url(task.url)) return fetch_from(task.url, repository, task);
  MELISAI_TRY(const LocalView view, LocalView::make({.url = task.url,
                                                     .proposal = task.proposal,
                                                     .directory = task.directory + ".view"}));
  std::error_code error;
  const std::string path = std::filesystem::absolute(view.path(), error).string();
  if (error) return Error{Errc::io, view.path() + ": " + error.message()};
  return fetch_from(file_url(path), repository, task);
}

bool has_commit(git_repository& repository, const git_oid& id) {
  Commit commit;
  const bool found = git_commit_lookup(commit.out(), &repository, &id) == 0;
  git_error_clear();
  return found;
}

}  // namespace

Result<std::vector<RemoteRef>> remote_refs(const RemoteAddress& address, UrlPolicy policy) {
  const std::string& url = address.url;
  MELISAI_CHECK(validate_url(url, policy));
  MELISAI_CHECK(check_proposal(address.proposal));
  Session session("asking", url, address.token);
  Remote remote;
  const git_remote_connect_options options = session.connect_options();
  const std::string from = is_local_url(url) ? file_url(local_path(url)) : url;
  if (git_remote_create_detached(remote.out(), from.c_str()) != 0 ||
      git_remote_connect_ext(remote.get(), GIT_DIRECTION_FETCH, &options) != 0)
    return session.error();
  MELISAI_TRY(const auto heads, heads_of(*remote, session));
  std::map<std::string, std::string> shas;
  for (const git_remote_head* head : heads) {
    std::string name = head->name;
    const bool peeled = name.ends_with(kPeeled);
    if (peeled) name.resize(name.size() - kPeeled.size());
    const bool wanted = is_branch_or_tag(name) || name == address.proposal;
    if (!wanted || !is_nameable(name)) continue;
    if (peeled || !shas.contains(name)) shas[name] = to_hex(head->oid);
    if (shas.size() > kRemoteRefsMax)
      return Error{Errc::limit, without_credentials(url) + " has more than " +
                                    std::to_string(kRemoteRefsMax) +
                                    " branches and tags: delete old ones there"};
  }
  std::vector<RemoteRef> refs;
  for (const auto& [name, sha] : shas) refs.push_back({name, sha});
  return refs;
}

Result<Repository> fetch_commit(const FetchTask& task) {
  MELISAI_CHECK(validate_url(task.url, task.policy));
  MELISAI_CHECK(check_proposal(task.proposal));
  MELISAI_TRY(const git_oid id, parse_sha(task.sha));
  Repository repository;
  if (git_repository_init(repository.out(), task.directory.c_str(), 1) != 0)
    return last_error(task.directory);
  if (has_commit(*repository, id)) return repository;
  MELISAI_CHECK(fetch(*repository, task));
  if (has_commit(*repository, id)) return repository;
  return Error{Errc::git, "commit " + task.sha + " is on no branch or tag of " +
                              without_credentials(task.url) +
                              (task.proposal.empty() ? "" : ", nor in " + task.proposal) +
                              ": push it there"};
}

}  // namespace melisai::git
