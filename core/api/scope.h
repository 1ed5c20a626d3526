// Scope: what a token allows; each includes those before it.
#pragma once

#include <optional>
#include <string_view>

namespace melisai::api {

enum class Scope {
  none,     ///< needs no token
  read,     ///< look at everything
  trigger,  ///< start and end runs
  admin     ///< change what the daemon does
};
std::string_view to_string(Scope scope);
/// Nothing for what no token can have.
std::optional<Scope> scope_named(std::string_view name);

}  // namespace melisai::api
