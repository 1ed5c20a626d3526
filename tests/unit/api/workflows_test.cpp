// Workflows over the API: scopes, tags, refusals. What a workflow may say: unit_serve.
#include "core/api/workflows.h"

#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

using Kind = WorkflowRefusal::Kind;

constexpr const char* kText = "release:\n  steps: [ { pipeline: build } ]\n";
constexpr const char* kAll = "/api/v1/workflows";
constexpr const char* kRelease = "/api/v1/workflows/release";

class WorkflowsApiTest : public ApiTest {
 protected:
  static Asked post(const std::string& text) {
    return {.method = "POST", .target = kAll, .body = text, .type = "application/yaml"};
  }
  static Asked put(const std::string& tag, const std::string& text = kText) {
    Asked asked{.method = "PUT", .target = kRelease, .body = text, .type = "application/yaml"};
    if (!tag.empty()) asked.headers = {{"If-Match", tag}};
    return asked;
  }
  static Asked remove(const std::string& tag) {
    Asked asked{.method = "DELETE", .target = kRelease};
    if (!tag.empty()) asked.headers = {{"If-Match", tag}};
    return asked;
  }
};

TEST_F(WorkflowsApiTest, AreMadeReadReplacedAndRemoved) {
  EXPECT_EQ(json({.target = kAll, .token = "read"})["workflows"], Json_::array());
  const http::Response made = ask(post(kText));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(header(made, "Location"), kRelease);
  EXPECT_EQ(header(made, "ETag"), "\"1\"");
  EXPECT_EQ(workflows.by, "admin");
  const http::Response read = ask({.target = kRelease, .token = "read"});
  EXPECT_EQ(header(read, "ETag"), "\"1\"");
  const Json_ body = Json_::parse(read.body);
  EXPECT_EQ(body["source"], "api");
  EXPECT_EQ(body["text"], kText);
  EXPECT_EQ(body["definition"]["steps"][0]["pipeline"], "build");
  EXPECT_EQ(body["etag"], "\"1\"");
  const http::Response replaced = ask(put("\"1\""));
  EXPECT_EQ(replaced.status, 200);
  EXPECT_EQ(workflows.replaced, 1);
  EXPECT_EQ(header(replaced, "ETag"), "\"2\"");
  EXPECT_EQ(json({.target = kAll})["workflows"].size(), 1u);
  EXPECT_EQ(status(remove("\"2\"")), 204);
  EXPECT_EQ(status({.target = kRelease}), 404);
  EXPECT_EQ(status(put("*")), 404);
  EXPECT_EQ(status(remove("*")), 404);
}

TEST_F(WorkflowsApiTest, NobodyUndoesWhatTheyHaveNotSeen) {
  ASSERT_EQ(status(post(kText)), 201);
  ASSERT_EQ(status(put("\"1\"")), 200);
  EXPECT_EQ(status(put("\"1\"")), 412);
  EXPECT_EQ(status(put("W/\"2\"")), 412) << "a weak tag says too little";
  EXPECT_EQ(status(put("")), 428);
  EXPECT_EQ(status(remove("\"1\"")), 412);
  EXPECT_EQ(status(remove("")), 428);
  EXPECT_EQ(workflows.find("release")->revision, 2) << "nothing of that has changed it";
  EXPECT_EQ(status(put("\"7\", \"2\"")), 200);
  EXPECT_EQ(status(put("*")), 200);
  Asked twice = put("\"4\"");
  twice.headers.push_back({"If-Match", "\"4\""});
  EXPECT_EQ(status(twice), 412);
}

TEST_F(WorkflowsApiTest, AreCodeAndNeedAnAdmin) {
  ASSERT_EQ(status(post(kText)), 201);
  for (Asked asked : {post(kText), put("\"1\""), remove("\"1\"")}) {
    asked.token = "trigger";
    EXPECT_EQ(status(asked), 403) << asked.method;
    asked.token = "";
    EXPECT_EQ(status(asked), 401) << asked.method;
  }
  EXPECT_EQ(status({.target = kAll, .token = ""}), 401);
  EXPECT_EQ(status({.target = kRelease, .token = "read"}), 200);
}

TEST_F(WorkflowsApiTest, OfTheFileCanOnlyBeRead) {
  workflows.add_of_file("release");
  const http::Response read = ask({.target = kRelease});
  EXPECT_EQ(header(read, "ETag"), "");
  EXPECT_EQ(Json_::parse(read.body)["source"], "file");
  EXPECT_TRUE(Json_::parse(read.body)["etag"].is_null());
  workflows.refusal = WorkflowRefusal{Kind::conflict, "of the configuration file"};
  EXPECT_EQ(status(put("")), 409);
  EXPECT_EQ(status(remove("")), 409);
}

TEST_F(WorkflowsApiTest, RefusalsSayWhatIsWrong) {
  ASSERT_EQ(status(post(kText)), 201);
  for (const auto& [kind, expected] :
       {std::pair{Kind::malformed, 400}, std::pair{Kind::wrong, 422},
        std::pair{Kind::too_long, 413}, std::pair{Kind::conflict, 409}, std::pair{Kind::stale, 412},
        std::pair{Kind::not_now, 503}, std::pair{Kind::unknown, 404}}) {
    workflows.refusal = WorkflowRefusal{kind, "body:1:2: it is wrong"};
    if (kind != Kind::stale && kind != Kind::unknown) {
      const http::Response response = ask(post(kText));
      EXPECT_EQ(response.status, expected);
      EXPECT_EQ(response.type, "application/problem+json");
      EXPECT_THAT(response.body, HasSubstr("body:1:2: it is wrong"));
    }
    EXPECT_EQ(status(put("\"1\"")), expected);
  }
}

TEST_F(WorkflowsApiTest, ABodyIsYamlOrJson) {
  Asked asked = post(kText);
  asked.type = "text/plain";
  EXPECT_EQ(status(asked), 415);
  EXPECT_EQ(status({.method = "POST", .target = kAll}), 415);
  asked.type = "application/json; charset=utf-8";
  EXPECT_EQ(status(asked), 400) << "YAML that calls itself JSON";
  asked.body = R"({"release": {"steps": [{"pipeline": "build"}]}})";
  EXPECT_EQ(status(asked), 201);
  EXPECT_EQ(status({.method = "DELETE", .target = kRelease, .body = "{\"x\": 1}"}), 400);
}

}  // namespace
}  // namespace melisai::api
