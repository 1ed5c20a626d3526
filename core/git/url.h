// Which addresses may be fetched from. Addresses come from .gitmodules, which a stranger wrote.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai::git {

struct UrlPolicy {
  bool allow_http = false;
  bool allow_local = false;  ///< file:// and absolute paths: only for a repository that came from
                             ///< this machine itself
};

/// Accepts https://, ssh://, [user@]host:path, and what the policy adds. Everything else is
/// refused: other schemes, transport helpers (ext::), text that a program could take for an option,
/// control characters, more than 2,000 bytes. Errors: git, naming the address without its password
/// and what to do.
Result<void> validate_url(std::string_view url, UrlPolicy policy);

/// True for file:// and for paths.
bool is_local_url(std::string_view url);

/// The path that such an address stands for: %20 in a file:// address is a blank.
std::string local_path(std::string_view url);

/// The other way round, for an absolute path. libgit2 takes a bare path with a ':' for an address
/// of an ssh server.
std::string file_url(std::string_view path);

/// "./x" and "../x" against the address of the repository that holds them, as git does; other
/// addresses come back unchanged. Errors: git, when there are more ".." than path.
Result<std::string> resolve_relative_url(std::string_view base, std::string_view url);

/// Whether a secret may go there: https, and plain http that does not leave this machine.
bool may_carry_token(std::string_view url);

/// Whether the web server of `url`, which a stranger may have written, is that of `origin`: scheme,
/// host and port. False where `url` has a user of its own, and for all but web servers.
bool is_same_server(std::string_view url, std::string_view origin);

/// The port that a web server of that address listens on; nothing for other addresses.
std::optional<int> web_port(std::string_view url);

/// For messages: without "user:password@".
std::string without_credentials(std::string_view url);

}  // namespace melisai::git
