#include "core/base/env_expand.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::size_t kEnvNameMax = 200;
constexpr std::array<std::string_view, 8> kPrivateWords = {
    "token", "secret", "password", "passwd", "credential", "api_key", "apikey", "private_key"};

}  // namespace

bool names_private(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(kPrivateWords.begin(), kPrivateWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool is_env_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (name.empty() || name.size() > kEnvNameMax || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), allowed);
}

Result<std::string> EnvExpander::value_of(std::string_view reference) {
  const std::size_t separator = reference.find(":-");
  std::string_view name = reference.substr(0, separator);
  if (reference.starts_with(kSecretReference)) return secret_of(reference);
  if (name.starts_with("env:")) name.remove_prefix(4);
  if (!is_env_name(name))
    return Error{Errc::config,
                 in_quotes("${" + std::string(reference) + "}") +
                     " names no variable; write ${NAME}, ${NAME:-default}, or $${ for the text"};
  names_.emplace(name);
  const std::optional<std::string> value = lookup_(std::string(name));
  if (separator != std::string_view::npos && (!value || value->empty()))
    return std::string(reference.substr(separator + 2));
  if (!value)
    return Error{Errc::config, "environment variable " + in_quotes(name) +
                                   " is not set; set it or write ${" + std::string(name) +
                                   ":-default}"};
  if (is_private_ || names_private(name)) keep_private(*value);
  return *value;
}

Result<std::string> EnvExpander::secret_of(std::string_view reference) {
  const std::string name(reference.substr(kSecretReference.size()));
  const std::string quoted = in_quotes("${" + std::string(reference) + "}");
  if (!is_env_name(name))
    return Error{Errc::config, quoted + " names no secret; write ${secret:NAME}"};
  if (!secrets_)
    return Error{Errc::config, quoted +
                                   ": secrets are the operator's; they stand in the "
                                   "configuration of serve, and in no other file"};
  MELISAI_TRY(std::string value, secrets_(name));
  if (!keep_secrets_) return value;
  return "${" + std::string(reference) + "}";
}

bool names_secret(std::string_view text) {
  return text.find("${" + std::string(kSecretReference)) != std::string_view::npos;
}

Result<std::string> EnvExpander::expand_around_secrets(std::string_view text) {
  keep_secrets_ = true;
  Result<std::string> expanded = expand(text);
  keep_secrets_ = false;
  return expanded;
}

Result<std::string> EnvExpander::expand_private(std::string_view text) {
  is_private_ = true;
  Result<std::string> expanded = expand(text);
  is_private_ = false;
  if (expanded) keep_private(*expanded);
  return expanded;
}

Result<std::string> EnvExpander::expand(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos)
        return Error{Errc::config, "'${' without '}'; write ${NAME}, or $${ for the text"};
      MELISAI_TRY(const std::string value, value_of(text.substr(2, end - 2)));
      out += value;
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out += '$';
      text.remove_prefix(1);
    }
    if (out.size() > bytes_left_)
      return Error{Errc::limit, "the expanded values of this file pass their limit of " +
                                    format_bytes(bytes_max_) +
                                    "; name long variables in measure.pass_env"};
  }
  bytes_left_ -= out.size();
  return out;
}

}  // namespace melisai
