// The document says what the table of routes says. That answers fit it: answers_test.py.
#include "core/api/openapi.h"

#include <set>

#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

using Names = std::set<std::string>;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

Names names_in(const Json_& operation, const std::string& place) {
  Names names;
  for (const Json_& parameter : operation.value("parameters", Json_::array()))
    if (parameter["in"] == place) names.insert(parameter["name"].get<std::string>());
  return names;
}

Names names_of(std::string_view pattern) {
  Names names;
  for (std::size_t at = 0; (at = pattern.find('{', at)) != std::string_view::npos; ++at)
    names.emplace(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  return names;
}

class OpenApiTest : public ::testing::Test {
 protected:
  Json_ document = Json_::parse(kOpenApi);
};

TEST_F(OpenApiTest, HasEveryRouteWithItsScopeAndParameters) {
  for (const Route& route : routes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    const Json_& path = document["paths"][std::string(route.pattern)];
    ASSERT_TRUE(path.is_object() && path.contains(lower(route.method))) << name;
    const Json_& operation = path[lower(route.method)];
    EXPECT_EQ(operation["x-scope"], to_string(route.scope)) << name;
    EXPECT_EQ(operation.contains("security"), route.scope == Scope::none) << name;
    EXPECT_EQ(names_in(operation, "path"), names_of(route.pattern)) << name;
    EXPECT_EQ(names_in(operation, "query"), Names(route.query.begin(), route.query.end())) << name;
  }
}

TEST_F(OpenApiTest, HasNothingElse) {
  std::size_t operations = 0;
  Names ids;
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      ++operations;
      ids.insert(operation["operationId"].get<std::string>());
    }
  EXPECT_EQ(operations, routes().size());
  EXPECT_EQ(ids.size(), routes().size());
}

class OpenApiAnswerTest : public ApiTest {};

TEST_F(OpenApiAnswerTest, IsServedAsItIs) {
  EXPECT_EQ(ask({.target = "/api/v1/openapi.json", .token = ""}).body, kOpenApi);
}

}  // namespace
}  // namespace melisai::api
