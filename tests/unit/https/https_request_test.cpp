#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/https/request.h"

namespace melisai::https {
namespace {

nlohmann::json headers(const char* name, const char* value) {
  return nlohmann::json::array({nlohmann::json::array({name, value})});
}

nlohmann::json good() {
  return {{"method", "POST"},
          {"url", "https://example.org/x?y=1"},
          {"headers", headers("Accept", "application/json")},
          {"bearer", "t0ken"},
          {"body", "{}"},
          {"ca_file", ""},
          {"allow_private", false},
          {"timeout_ms", 100},
          {"answer_max", 10}};
}

TEST(HttpsRequest, IsRead) {
  const auto request = read_request(good().dump());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->url, "https://example.org/x?y=1");
  EXPECT_EQ(request->headers.at(0).second, "application/json");
  EXPECT_EQ(request->timeout, Milliseconds(100));
}

TEST(HttpsRequest, BecomesNoOtherRequest) {
  const auto refused = [](const char* key, const nlohmann::json& value) {
    nlohmann::json json = good();
    json[key] = value;
    const auto request = read_request(json.dump());
    EXPECT_FALSE(request) << json;
    return request ? "" : request.error().message;
  };
  EXPECT_EQ(refused("method", "CONNECT"), "'method' is none that is sent");
  EXPECT_EQ(refused("method", "GET /"), "'method' is none that is sent");
  EXPECT_EQ(refused("url", ""), "'url' is no address");
  EXPECT_EQ(refused("url", "https://a/ HTTP/1.1"), "'url' is no address");
  EXPECT_EQ(refused("url", "https://a/\r\nX: y"), "'url' is no address");
  EXPECT_EQ(refused("bearer", "a\r\nX: y"), "'bearer' is no token");
  EXPECT_EQ(refused("headers", headers("X\r\nY", "z")), "'headers' holds no header");
  EXPECT_EQ(refused("headers", headers("X:", "z")), "'headers' holds no header");
  EXPECT_EQ(refused("headers", headers("X", "z\nY: 1")), "'headers' holds no header");
  EXPECT_EQ(refused("timeout_ms", 0), "'timeout_ms' is not positive");
  EXPECT_EQ(refused("answer_max", 0), "'answer_max' is not positive");
}

TEST(HttpsRequest, IsNotQuotedWhenItIsNone) {
  nlohmann::json json = good();
  json["timeout_ms"] = "t0ken";
  const auto request = read_request(json.dump());
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message.find("t0ken"), std::string::npos);
  EXPECT_FALSE(read_request(""));
}

}  // namespace
}  // namespace melisai::https
