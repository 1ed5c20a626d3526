#include "core/git/transport.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "core/base/units.h"

namespace melisai::git {
namespace {

constexpr int kCredentialTriesMax = 2;
constexpr Bytes kReceivedMax = Bytes{8} << 30;
constexpr size_t kServerTextMax = 1000;

/// What the callbacks of one fetch have to tell; libgit2's own text is stale or vague in these
/// cases.
struct Session {
  std::string where;
  int credential_tries = 0;
  std::string server_text;
  Error error;  ///< message empty: none
};

int refuse(Session& session, Errc code, const std::string& why) {
  session.error = Error{code, session.where + why};
  return GIT_EUSER;
}

/// libgit2 calls again, for ever, as long as the server rejects what it gets.
int on_credentials(git_credential** credential, const char*, const char* user, unsigned allowed,
                   void* payload) {
  Session& session = *static_cast<Session*>(payload);
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0)
    return git_credential_username_new(credential, "git");
  const bool ssh = (allowed & GIT_CREDENTIAL_SSH_KEY) != 0;
  if (ssh && std::getenv("SSH_AUTH_SOCK") == nullptr) {
    return refuse(session, Errc::git, ": no ssh agent is running: start one and use ssh-add");
  }
  if (ssh && ++session.credential_tries <= kCredentialTriesMax) {
    return git_credential_ssh_key_from_agent(credential, user != nullptr ? user : "git");
  }
  return refuse(session, Errc::git,
                ssh ? ": the server accepts no key of the ssh agent: add one with ssh-add"
                    : ": the server asks for a password, and none is ever sent: use an ssh address "
                      "and an agent");
}

int on_certificate(git_cert* certificate, int valid, const char* host, void* payload) {
  if (valid != 0) return 0;
  Session& session = *static_cast<Session*>(payload);
  const std::string name = host != nullptr ? host : "the host";
  if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
    return refuse(session, Errc::git,
                  ": the key of " + name + " is not the one in ~/.ssh/known_hosts, or not there: " +
                      "compare it and add it with ssh-keyscan");
  }
  return refuse(session, Errc::git,
                ": the certificate of " + name +
                    " is not valid: its authority is unknown here, or " +
                    "it is expired or for another host");
}

int on_progress(const git_indexer_progress* progress, void* payload) {
  if (progress->received_bytes <= kReceivedMax) return 0;
  return refuse(*static_cast<Session*>(payload), Errc::limit, ": the server sent more than 8 GiB");
}

/// The server's own words about an error come only this way.
int on_server_text(const char* text, int size, void* payload) {
  std::string& kept = static_cast<Session*>(payload)->server_text;
  if (size > 0) kept.append(text, static_cast<size_t>(size));
  if (kept.size() > kServerTextMax) kept.erase(0, kept.size() - kServerTextMax);
  return 0;
}

Error fetch_error(const Session& session) {
  if (!session.error.message.empty()) return git_error_clear(), session.error;
  Error error = last_error(session.where);
  if (!session.server_text.empty())
    error.message += " (the server said: " + session.server_text + ")";
  return error;
}

Result<void> fetch(git_repository& repository, const FetchTask& task) {
  Session session;
  session.where = "fetching " + without_credentials(task.url);
  Remote remote;
  if (git_remote_create_anonymous(remote.out(), &repository, task.url.c_str()) != 0)
    return last_error(session.where);
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  // In libgit2 1.5 this still follows redirects on the same host; to another host, or from https to
  // http, it does not.
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  options.proxy_opts.type = GIT_PROXY_NONE;
  options.callbacks.credentials = on_credentials;
  options.callbacks.certificate_check = on_certificate;
  options.callbacks.transfer_progress = on_progress;
  options.callbacks.sideband_progress = on_server_text;
  options.callbacks.payload = &session;
  std::string branches = "+refs/heads/*:refs/heads/*";
  std::string tags = "+refs/tags/*:refs/tags/*";
  std::array<char*, 2> specs{branches.data(), tags.data()};
  const git_strarray list{specs.data(), specs.size()};
  if (git_remote_fetch(remote.get(), &list, &options, nullptr) != 0) return fetch_error(session);
  return {};
}

}  // namespace

Result<Repository> fetch_commit(const FetchTask& task) {
  MELISAI_CHECK(validate_url(task.url, task.policy));
  MELISAI_TRY(const git_oid id, parse_sha(task.sha));
  Repository repository;
  if (git_repository_init(repository.out(), task.directory.c_str(), 1) != 0)
    return last_error(task.directory);
  MELISAI_CHECK(fetch(*repository, task));
  Commit commit;
  if (git_commit_lookup(commit.out(), repository.get(), &id) != 0) {
    git_error_clear();
    return Error{Errc::git, "commit " + task.sha + " is on no branch or tag of " +
                                without_credentials(task.url) + ": push it there"};
  }
  return repository;
}

}  // namespace melisai::git
