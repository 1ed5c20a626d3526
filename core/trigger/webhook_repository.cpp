// Addresses of repositories, compared as far as every way to write one says the same.
#include <algorithm>

#include "core/trigger/webhook.h"

namespace melisai::trigger {
namespace {

struct Address {
  std::string host;  // without user and port, which differ between https and ssh
  std::string path;  // "owner/name"
  bool operator==(const Address&) const = default;
};

// Forges take names for the same that differ in case only.
std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::string_view path_of(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  return path;
}

/// "user@host:22" -> "host"
std::string_view host_of(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

/// Without a host for what is on this machine. As written: names are shown to people.
Address split(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme != std::string_view::npos) {
    if (address.starts_with("file:")) return {};
    address.remove_prefix(scheme + 3);
    const std::size_t slash = std::min(address.find('/'), address.size());
    return {std::string(host_of(address.substr(0, slash))),
            std::string(path_of(address.substr(slash)))};
  }
  // git's short form, user@host:path.
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos || colon > address.find('/')) return {};
  return {std::string(host_of(address.substr(0, colon))),
          std::string(path_of(address.substr(colon + 1)))};
}

Address comparable(std::string_view address) {
  Address parts = split(address);
  return {lower(parts.host), lower(parts.path)};
}

}  // namespace

std::string repository_of(std::string_view address) { return split(address).path; }

bool is_same_repository(const WebhookRepository& repository, std::string_view full_name,
                        std::string_view address) {
  if (!full_name.empty() && lower(repository.full_name) == lower(full_name)) return true;
  const Address ours = comparable(address);
  return !ours.path.empty() &&
         std::any_of(repository.addresses.begin(), repository.addresses.end(),
                     [&](const std::string& theirs) { return comparable(theirs) == ours; });
}

}  // namespace melisai::trigger
