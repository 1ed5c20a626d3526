#include "core/git/url.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace melisai::git {
namespace {

constexpr size_t kUrlBytesMax = 2000;
constexpr std::string_view kSchemeEnd = "://";

bool is_scheme_char(unsigned char c) {
  return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
}

/// "https" of "https://host/path", "" when there is no "://" after a scheme.
std::string_view scheme_of(std::string_view url) {
  const size_t end = url.find(kSchemeEnd);
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view scheme = url.substr(0, end);
  return std::all_of(scheme.begin(), scheme.end(), is_scheme_char) ? scheme : std::string_view{};
}

/// "ext::sh -c ..." names a program that git would run.
bool names_transport_helper(std::string_view url) {
  const size_t end = url.find("::");
  return end != std::string_view::npos && end > 0 &&
         std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(end), is_scheme_char);
}

/// Position of the ':' in "user@host:path", npos for anything else.
size_t scp_colon(std::string_view url) {
  if (!scheme_of(url).empty()) return std::string_view::npos;
  const size_t colon = url.find(':');
  return colon != std::string_view::npos && colon > 0 && url.find('/') > colon
             ? colon
             : std::string_view::npos;
}

/// Where the path starts that ".." may shorten; the host before it must stay.
size_t path_start(std::string_view url) {
  if (const size_t colon = scp_colon(url); colon != std::string_view::npos) return colon + 1;
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return 0;
  return std::min(url.find('/', scheme.size() + kSchemeEnd.size()), url.size());
}

Error refused(std::string_view url, const std::string& why) {
  return Error{Errc::git,
               "the address '" + without_credentials(url.substr(0, kUrlBytesMax)) + "' " + why};
}

/// `authority`: "user:password@host:port", any part but the host may be missing.
Result<void> check_authority(std::string_view url, std::string_view authority) {
  const size_t at = authority.rfind('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  const bool plain = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-._:[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (host.empty() || !plain || host.front() == ':')
    return refused(url, "names no usable host: correct it");
  if (host.front() == '-' || authority.front() == '-') {
    return refused(url, "has a user or host that looks like an option: correct it");
  }
  return {};
}

Result<void> check_local(std::string_view url, std::string_view path, UrlPolicy policy) {
  if (!policy.allow_local) {
    return refused(url, "is a local path, which only a local repository may use: use https or ssh");
  }
  if (!path.starts_with('/')) return refused(url, "must be an absolute path: write it in full");
  return {};
}

Result<void> check_scp(std::string_view url, size_t colon) {
  const std::string_view path = url.substr(colon + 1);
  if (path.empty() || path.front() == '-') return refused(url, "names no usable path: correct it");
  return check_authority(url, url.substr(0, colon));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Result<void> validate_url(std::string_view url, UrlPolicy policy) {
  if (url.empty()) return refused(url, "is empty: write one in .gitmodules");
  if (url.size() > kUrlBytesMax) return refused(url, "... is longer than 2,000 bytes: shorten it");
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return refused(url, "contains a control character: correct it");
  }
  if (url.front() == '-') return refused(url, "looks like an option: correct it");
  if (names_transport_helper(url)) return refused(url, "names a program to run: use https or ssh");

  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) {
    const size_t colon = scp_colon(url);
    return colon != std::string_view::npos ? check_scp(url, colon) : check_local(url, url, policy);
  }
  const std::string_view rest = url.substr(scheme.size() + kSchemeEnd.size());
  if (equal_ignoring_case(scheme, "file")) return check_local(url, rest, policy);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (equal_ignoring_case(scheme, "https") || equal_ignoring_case(scheme, "ssh")) {
    return check_authority(url, authority);
  }
  if (equal_ignoring_case(scheme, "http")) {
    if (policy.allow_http) return check_authority(url, authority);
    return refused(url,
                   "is plain http, which anybody on the way can change: use https, or set "
                   "git.allow_http: true");
  }
  return refused(url, "has a scheme that is not supported: use https or ssh");
}

bool is_local_url(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (!scheme.empty()) return equal_ignoring_case(scheme, "file");
  return scp_colon(url) == std::string_view::npos && !names_transport_helper(url);
}

std::string local_path(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return std::string(url);
  const std::string_view encoded = url.substr(scheme.size() + kSchemeEnd.size());
  std::string path;
  for (size_t at = 0; at < encoded.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = encoded.data() + at + 1;
    const bool is_encoded = encoded[at] == '%' && encoded.size() - at > 2 &&
                            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    path += is_encoded ? static_cast<char>(byte) : encoded[at];
    if (is_encoded) at += 2;
  }
  return path;
}

std::string file_url(std::string_view path) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string url = "file://";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                          std::string_view("/-._~").find(c) != std::string_view::npos;
    if (is_plain)
      url += c;
    else
      url.append({'%', kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]});
  }
  return url;
}

Result<std::string> resolve_relative_url(std::string_view base, std::string_view url) {
  if (!url.starts_with("./") && !url.starts_with("../")) return std::string(url);
  const size_t start = path_start(base);
  std::string_view path = base.substr(start);
  std::string_view rest = url;
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  while (rest.starts_with("./") || rest.starts_with("../")) {
    const bool up = rest.starts_with("../");
    rest.remove_prefix(up ? 3 : 2);
    if (!up) continue;
    if (path.empty() || path == "/") {
      return refused(url, "leaves the address of the repository that names it: write it in full");
    }
    const size_t slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  std::string resolved(base.substr(0, start));
  resolved += path;
  // "host:" needs no slash before a path that is relative to the home directory there.
  const bool after_scp_host = path.empty() && scp_colon(base) != std::string_view::npos;
  if (!after_scp_host && !resolved.ends_with('/')) resolved += '/';
  return resolved.append(rest);
}

bool may_carry_token(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (equal_ignoring_case(scheme, "https")) return true;
  if (!equal_ignoring_case(scheme, "http")) return false;
  const std::string_view rest = url.substr(scheme.size() + kSchemeEnd.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view host = authority.substr(authority.rfind('@') + 1);
  if (const size_t colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']'))
    host = host.substr(0, colon);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool is_same_server(std::string_view url, std::string_view origin) {
  const std::string_view scheme = scheme_of(url);
  if (!equal_ignoring_case(scheme, scheme_of(origin)) || !web_port(url)) return false;
  const auto authority_of = [](std::string_view address) {
    address.remove_prefix(scheme_of(address).size() + kSchemeEnd.size());
    return address.substr(0, address.find('/'));
  };
  const auto host_of = [](std::string_view authority) {
    authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
    const size_t colon = authority.rfind(':');
    return colon == std::string_view::npos || authority.ends_with(']') ? authority
                                                                       : authority.substr(0, colon);
  };
  const std::string_view theirs = authority_of(url), ours = authority_of(origin);
  // Where a user ends and a host begins not all programs agree; ours is the operator's word.
  if (theirs != ours && theirs.find('@') != std::string_view::npos) return false;
  return equal_ignoring_case(host_of(theirs), host_of(ours)) && web_port(url) == web_port(origin);
}

std::optional<int> web_port(std::string_view url) {
  constexpr int kHttps = 443;
  constexpr int kHttp = 80;
  const std::string_view scheme = scheme_of(url);
  const bool is_https = equal_ignoring_case(scheme, "https");
  if (!is_https && !equal_ignoring_case(scheme, "http")) return std::nullopt;
  const std::string_view rest = url.substr(scheme.size() + kSchemeEnd.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view host = authority.substr(authority.rfind('@') + 1);
  const size_t colon = host.rfind(':');
  int port = is_https ? kHttps : kHttp;
  if (colon != std::string_view::npos && !host.ends_with(']'))
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
  return port;
}

std::string without_credentials(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return std::string(url);
  const size_t start = scheme.size() + kSchemeEnd.size();
  const std::string_view authority = url.substr(start, url.find('/', start) - start);
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, start)).append(url.substr(start + at + 1));
}

}  // namespace melisai::git
