// PortGuard: while it lives, this process connects over TCP to the port of one web address only.
//
// libgit2 1.5 follows a redirect to another port of the same host, also with
// GIT_REMOTE_REDIRECT_NONE, answers a question for a password there, and does not say where it is.
// Whoever has another port of that host would be given the token. So `connect` of this program
// stands before that of the C library.
#pragma once

#include <string_view>

namespace melisai::git {

/// At most one at a time.
class PortGuard {
 public:
  explicit PortGuard(std::string_view url);  ///< of no web server: guards nothing
  PortGuard(const PortGuard&) = delete;
  PortGuard& operator=(const PortGuard&) = delete;
  ~PortGuard();

  bool refused() const;  ///< a connection to another port
};

}  // namespace melisai::git
