// One conversation with a server: who we are, whom we trust, and what went wrong.
#pragma once

#include <string>

#include "core/git/library.h"
#include "core/git/port_guard.h"

namespace melisai::git {

class Session {
 public:
  /// `doing`: "fetching"; messages begin with it and the address, without a password. `token`: as
  /// of RemoteAddress.
  Session(const std::string& doing, const std::string& url, std::string token);
  Session(const Session&) = delete;  // libgit2 keeps a pointer
  Session& operator=(const Session&) = delete;

  /// No proxy and no redirect; what libgit2 1.5 follows all the same the guard stops.
  git_remote_connect_options connect_options();
  git_fetch_options fetch_options();

  /// Why libgit2's last call failed: the reason that a callback gave, since libgit2's own text is
  /// stale or vague then, else that text and the server's words.
  Error error() const;

 private:
  static int on_credentials(git_credential** credential, const char* url, const char* user,
                            unsigned allowed, void* payload);
  int give_key(git_credential** credential, const char* user);
  int give_token(git_credential** credential, const char* url, const char* user);
  static int on_certificate(git_cert* certificate, int valid, const char* host, void* payload);
  static int on_progress(const git_indexer_progress* progress, void* payload);
  static int on_server_text(const char* text, int size, void* payload);
  git_remote_callbacks callbacks();
  int refuse(Errc code, const std::string& why);

  PortGuard guard_;
  std::string url_;
  std::string where_;
  std::string token_;
  int credential_tries_ = 0;
  std::string server_text_;
  Error refusal_;  ///< message empty: none
};

}  // namespace melisai::git
