// The table of what can be asked. openapi.json says the same for people; a test compares them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/handlers.h"
#include "core/api/scope.h"

namespace melisai::api {

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/api/v1/runs/{run}/logs"; a {name} is one part of the path
  Scope scope = Scope::admin;
  std::vector<std::string_view> query;  ///< parameters; others are refused
  void (*handle)(Parts&, Call) = nullptr;
};
const std::vector<Route>& routes();

struct Found {
  const Route* route = nullptr;
  std::vector<std::string> path;  ///< what stands for the {names}
  std::string
      allowed;  ///< "GET, POST": what the path knows, when not this method; "": no such path
  bool is_public = false;  ///< something at this path needs no token
};
Found find_route(std::string_view method, std::string_view path);

}  // namespace melisai::api
