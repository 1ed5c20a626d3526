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

/// Expands the values of one file; `lookup` must outlive it.
class EnvExpander {
 public:
  /// `bytes_max`: of everything that this object returns, because a short file can name a long
  /// variable many times.
  explicit EnvExpander(const EnvLookup& lookup, Bytes bytes_max = 1 << 20)
      : lookup_(lookup), bytes_max_(bytes_max), bytes_left_(bytes_max) {}

  /// ${NAME}, ${env:NAME}: the variable; an error when it is not set. ${NAME:-default}: the default
  /// when it is unset or empty.
  /// $$ is $; any other $ stays. Errors: config, limit.
  Result<std::string> expand(std::string_view text);

  /// Of the variables that were looked up.
  const std::set<std::string>& names() const { return names_; }

 private:
  Result<std::string> value_of(std::string_view reference);
  const EnvLookup& lookup_;
  Bytes bytes_max_;
  Bytes bytes_left_;
  std::set<std::string> names_;
};

/// [A-Za-z_][A-Za-z0-9_]*, at most 200 characters.
bool is_env_name(std::string_view name);

}  // namespace melisai
