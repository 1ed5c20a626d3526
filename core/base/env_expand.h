// ${NAME} in the few configuration values that may see the environment. One pass over a value that
// is already parsed: what a variable contains is never parsed again, as YAML or as another
// reference.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

/// Looks up an environment variable; nothing when it is not set.
using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// The value of ${secret:NAME}, or why there is none.
using SecretLookup = std::function<Result<std::string>(const std::string& name)>;

/// A text that holds ${secret:NAME} of a good name, for nobody but the one who puts it in.
bool names_secret(std::string_view text);
inline constexpr std::string_view kSecretReference = "secret:";

/// Whether a key or a variable of that name holds what nobody may print: API_TOKEN, password.
bool names_private(std::string_view name);

/// Expands the values of one file; `lookup` must outlive it.
class EnvExpander {
 public:
  /// `bytes_max`: of everything that this object returns, because a short file can name a long
  /// variable many times.
  explicit EnvExpander(const EnvLookup& lookup, Bytes bytes_max = 1 << 20)
      : lookup_(lookup), bytes_max_(bytes_max), bytes_left_(bytes_max) {}

  /// ${NAME}, ${env:NAME}: the variable; an error when it is not set. ${NAME:-default}: the default
  /// when it is unset or empty.
  /// ${secret:NAME}: what `secrets` says, where secrets are allowed; else an error.
  /// $$ is $; any other $ stays. Errors: config, limit.
  Result<std::string> expand(std::string_view text);

  /// From here on. Without it no secret is allowed.
  void allow_secrets(SecretLookup secrets) { secrets_ = std::move(secrets); }
  /// Of ${secret:NAME} in `text`, which stay; all else is expanded. `secrets_` is asked whether
  /// they are there.
  Result<std::string> expand_around_secrets(std::string_view text);

  /// A variable that counts as looked up.
  void add_name(const std::string& name) { names_.insert(name); }
  /// Of the variables that were looked up.
  const std::set<std::string>& names() const { return names_; }

  /// The same of a value that nobody may print, nor any variable in it.
  Result<std::string> expand_private(std::string_view text);
  /// A value that nobody may print, wherever it comes from.
  void keep_private(const std::string& value) { private_values_.insert(value); }
  /// These, and those of variables that names_private().
  const std::set<std::string>& private_values() const { return private_values_; }

 private:
  Result<std::string> value_of(std::string_view reference);
  Result<std::string> secret_of(std::string_view reference);
  const EnvLookup& lookup_;
  SecretLookup secrets_;
  bool keep_secrets_ = false;  ///< as references
  bool is_private_ = false;    ///< the text that is expanded
  Bytes bytes_max_;
  Bytes bytes_left_;
  std::set<std::string> names_;
  std::set<std::string> private_values_;
};

/// [A-Za-z_][A-Za-z0-9_]*, at most 200 characters.
bool is_env_name(std::string_view name);

}  // namespace melisai
