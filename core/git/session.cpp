#include "core/git/session.h"

#include <cstdlib>

#include "core/base/local_repository.h"
#include "core/base/units.h"
#include "core/git/url.h"

namespace melisai::git {
namespace {

constexpr int kCredentialTriesMax = 2;
constexpr const char* kTokenUser = "x-access-token";  // servers look at the token only
constexpr Bytes kReceivedMax = Bytes{8} << 30;
constexpr size_t kServerTextMax = 1000;

Session& session_of(void* payload) { return *static_cast<Session*>(payload); }

}  // namespace

Session::Session(const std::string& doing, const std::string& url, std::string token)
    : guard_(url),
      url_(url),
      where_(doing + " " + without_credentials(url)),
      token_(std::move(token)) {}

git_remote_callbacks Session::callbacks() {
  git_remote_callbacks callbacks = GIT_REMOTE_CALLBACKS_INIT;
  callbacks.credentials = on_credentials;
  callbacks.certificate_check = on_certificate;
  callbacks.transfer_progress = on_progress;
  callbacks.sideband_progress = on_server_text;
  callbacks.payload = this;
  return callbacks;
}

git_remote_connect_options Session::connect_options() {
  git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  options.callbacks = callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.proxy_opts.type = GIT_PROXY_NONE;
  return options;
}

git_fetch_options Session::fetch_options() {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks = callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.proxy_opts.type = GIT_PROXY_NONE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  return options;
}

Error Session::error() const {
  if (!refusal_.message.empty()) return git_error_clear(), refusal_;
  if (guard_.refused())
    return git_error_clear(),
           Error{Errc::git, where_ +
                                ": the server redirects to another port, which is not "
                                "followed: use the address that it means"};
  // Of a path that is not there libgit2 says that its protocol is not supported.
  if (const std::string problem = local_repository_problem(url_); !problem.empty())
    return git_error_clear(), Error{Errc::git, where_ + ": " + problem};
  Error error = last_error(where_);
  if (!server_text_.empty()) error.message += " (the server said: " + server_text_ + ")";
  return error;
}

int Session::refuse(Errc code, const std::string& why) {
  refusal_ = Error{code, where_ + why};
  return GIT_EUSER;
}

/// libgit2 calls again, for ever, as long as the server rejects what it gets.
int Session::on_credentials(git_credential** credential, const char* url, const char* user,
                            unsigned allowed, void* payload) {
  Session& session = session_of(payload);
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0)
    return git_credential_username_new(credential, "git");
  if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0) return session.give_key(credential, user);
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && !session.token_.empty())
    return session.give_token(credential, url, user);
  return session.refuse(Errc::git,
                        ": the server asks for a password: give the project a token, or use an ssh "
                        "address and an agent");
}

int Session::give_key(git_credential** credential, const char* user) {
  if (std::getenv("SSH_AUTH_SOCK") == nullptr)
    return refuse(Errc::git, ": no ssh agent is running: start one and use ssh-add");
  if (++credential_tries_ > kCredentialTriesMax)
    return refuse(Errc::git, ": the server accepts no key of the ssh agent: add one with ssh-add");
  return git_credential_ssh_key_from_agent(credential, user != nullptr ? user : "git");
}

/// libgit2 follows no redirect to another host, or from https to http, and the guard none to
/// another port, so that whoever asks is the server of the address.
int Session::give_token(git_credential** credential, const char* url, const char* user) {
  if (url == nullptr || !may_carry_token(url))
    return refuse(Errc::git, ": a token is sent over https only: use an https address");
  if (++credential_tries_ > 1)
    return refuse(Errc::git, ": the server does not accept the project's token: renew it");
  return git_credential_userpass_plaintext_new(credential, user != nullptr ? user : kTokenUser,
                                               token_.c_str());
}

int Session::on_certificate(git_cert* certificate, int valid, const char* host, void* payload) {
  if (valid != 0) return 0;
  Session& session = session_of(payload);
  const std::string name = host != nullptr ? host : "the host";
  if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
    return session.refuse(Errc::git, ": the key of " + name +
                                         " is not the one in ~/.ssh/known_hosts, or not there: " +
                                         "compare it and add it with ssh-keyscan");
  }
  return session.refuse(Errc::git, ": the certificate of " + name +
                                       " is not valid: its authority is unknown here, or " +
                                       "it is expired or for another host");
}

int Session::on_progress(const git_indexer_progress* progress, void* payload) {
  if (progress->received_bytes <= kReceivedMax) return 0;
  return session_of(payload).refuse(Errc::limit, ": the server sent more than 8 GiB");
}

/// The server's own words about an error come only this way.
int Session::on_server_text(const char* text, int size, void* payload) {
  std::string& kept = session_of(payload).server_text_;
  if (size > 0) kept.append(text, static_cast<size_t>(size));
  if (kept.size() > kServerTextMax) kept.erase(0, kept.size() - kServerTextMax);
  return 0;
}

}  // namespace melisai::git
