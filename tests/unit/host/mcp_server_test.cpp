#include "core/host/mcp_server.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace melisai::host {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class McpServer : public ::testing::Test {
 protected:
  /// A tool that says what it was given, and one that fails.
  McpServer()
      : server({{.name = "echo",
                 .title = "Echo",
                 .description = "says it again",
                 .input_schema = R"({"type":"object","properties":{
                   "word":{"type":"string","maxLength":5,"enum":["one","three"]},
                   "count":{"type":["string","integer"],"minimum":1,"maximum":9}},
                   "required":["word"],"additionalProperties":false})",
                 .output_schema = R"({"type":"object"})",
                 .call = [this](const json& arguments) -> Result<ToolAnswer> {
                   ++calls;
                   if (during_call) during_call();
                   return ToolAnswer{arguments.dump(), arguments.dump()};
                 }},
                {.name = "fail",
                 .title = "Fail",
                 .description = "never works",
                 .input_schema = R"({"type":"object","properties":{}})",
                 .output_schema = R"({"type":"object"})",
                 .call = [](const json&) -> Result<ToolAnswer> {
                   return Error{Errc::not_found, "no \xff such thing"};
                 }}}) {}

  json ask(const std::string& line) {
    const auto answer = server.answer(line);
    if (!answer) return "nothing";
    EXPECT_EQ(answer->find('\n'), std::string::npos);
    return json::parse(*answer);
  }
  json ask(const std::string& method, const json& params) {
    return ask(json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", params}}.dump());
  }
  json call(const std::string& tool, const json& arguments) {
    return ask("tools/call", {{"name", tool}, {"arguments", arguments}});
  }
  int code_of(const std::string& line) { return ask(line).at("error").at("code").get<int>(); }
  std::string begin(const std::string& version) {
    return ask("initialize", {{"protocolVersion", version}}).at("result").at("protocolVersion");
  }

  int calls = 0;
  std::function<void()> during_call;
  Server server;
};

TEST_F(McpServer, SpeaksTheVersionOfTheClientOrItsNewest) {
  for (const char* version : {"2024-11-05", "2025-03-26", "2025-06-18"})
    EXPECT_EQ(begin(version), version);
  for (const char* version : {"2030-01-01", "1.0", ""}) EXPECT_EQ(begin(version), "2025-06-18");
  EXPECT_EQ(ask("initialize", json::object())["error"]["code"], -32602);
  EXPECT_EQ(ask("initialize", {{"protocolVersion", 1}})["error"]["code"], -32602);
}

TEST_F(McpServer, SaysWhoItIsAndThatItHasTools) {
  const json result = ask("initialize", {{"protocolVersion", "2025-06-18"}})["result"];
  EXPECT_EQ(result["serverInfo"]["name"], "melisai-gate");
  EXPECT_TRUE(result["capabilities"].contains("tools"));
  EXPECT_FALSE(result["instructions"].get<std::string>().empty());
}

TEST_F(McpServer, ListsItsTools) {
  const json tools = ask("tools/list", json::object())["result"]["tools"];
  ASSERT_EQ(tools.size(), 2u);
  EXPECT_EQ(tools[0]["name"], "echo");
  EXPECT_EQ(tools[0]["inputSchema"]["required"], json({"word"}));
  EXPECT_EQ(tools[0]["annotations"]["readOnlyHint"], true);
  EXPECT_EQ(ask("tools/list", {{"cursor", "x"}})["error"]["code"], -32602);
}

TEST_F(McpServer, CallsAToolAndKeepsTheId) {
  for (const json& id : {json("a"), json(0), json(-5), json(1.5), json("")}) {
    const json answer = ask(json{{"jsonrpc", "2.0"},
                                 {"id", id},
                                 {"method", "tools/call"},
                                 {"params", {{"name", "echo"}, {"arguments", {{"word", "one"}}}}}}
                                .dump());
    EXPECT_EQ(answer["id"], id);
    EXPECT_EQ(answer["result"]["isError"], false);
    EXPECT_EQ(answer["result"]["content"][0]["type"], "text");
    EXPECT_EQ(answer["result"]["structuredContent"]["word"], "one");
  }
}

TEST_F(McpServer, AToolThatFailsIsAResultThatSaysSo) {
  const json result = call("fail", json::object())["result"];
  EXPECT_EQ(result["isError"], true);
  EXPECT_EQ(result["content"][0]["text"], "no \xEF\xBF\xBD such thing");
  EXPECT_FALSE(result.contains("structuredContent"));
}

TEST_F(McpServer, WrongArgumentsNeverReachTheTool) {
  const std::vector<std::pair<json, std::string>> wrong = {
      {json::object(), "word: is missing"},
      {{{"word", 1}}, "word: must be string, not number"},
      {{{"word", nullptr}}, "must be string, not null"},
      {{{"word", "three"}, {"other", 1}}, "unknown argument 'other'; there are count, word"},
      {{{"word", "threes"}}, "longer than 5 bytes"},
      {{{"word", "two"}}, "'two' is none of one, three"},
      {{{"word", "one"}, {"count", 0}}, "between 1 and 9"},
      {{{"word", "one"}, {"count", 1.5}}, "must be string or integer, not number"},
      {{{"word", "one"}, {"count", json::array()}}, "must be string or integer, not array"}};
  for (const auto& [arguments, message] : wrong) {
    const json error = call("echo", arguments)["error"];
    EXPECT_EQ(error["code"], -32602) << arguments;
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(message));
  }
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(call("echo", {{"word", "one"}, {"count", 9.0}}).contains("result"));
  EXPECT_EQ(calls, 1);
}

TEST_F(McpServer, WrongParametersAreNamed) {
  EXPECT_EQ(call("nothing", json::object())["error"]["code"], -32602);
  EXPECT_EQ(call("echo", json::array())["error"]["code"], -32602);
  EXPECT_EQ(ask("tools/call", json::object())["error"]["code"], -32602);
  EXPECT_EQ(ask("tools/call", {{"name", 1}})["error"]["code"], -32602);
  EXPECT_EQ(ask("tools/call", json::array())["error"]["code"], -32602);
  EXPECT_EQ(ask("resources/list", json::object())["error"]["code"], -32601);
  EXPECT_EQ(ask("notifications/initialized", json::object())["error"]["code"], -32601);
}

TEST_F(McpServer, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(code_of("{"), -32700);
  EXPECT_EQ(code_of("{} {}"), -32700);
  EXPECT_EQ(code_of("\xff"), -32700);
  EXPECT_EQ(code_of("{}"), -32600);
  EXPECT_EQ(code_of("1"), -32600);
  EXPECT_EQ(code_of("null"), -32600);
  EXPECT_EQ(code_of(R"({"id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":1,"method":2})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), -32600);
  EXPECT_EQ(code_of(R"({"jsonrpc":"2.0","id":[1],"method":"ping"})"), -32600);
  EXPECT_EQ(ask(R"({"jsonrpc":"1.0","id":4,"method":"ping"})")["id"], 4);
  EXPECT_EQ(ask("{")["id"], nullptr);
  EXPECT_EQ(json::parse(server.refuse_long_line())["error"]["code"], -32700);
}

TEST_F(McpServer, NotificationsAnswersAndEmptyLinesStayUnanswered) {
  for (const char* line :
       {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
        R"({"jsonrpc":"2.0","method":"nobody/knows","params":[1]})",
        R"({"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo",
            "arguments":{"word":"one"}}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":[]})",
        R"({"jsonrpc":"2.0","id":1,"result":{}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}})", "", " \t\r"})
    EXPECT_EQ(ask(line), "nothing") << line;
  EXPECT_EQ(calls, 0);
}

TEST_F(McpServer, PingIsAnsweredBeforeAnythingElse) {
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","id":"p","method":"ping"})"),
            json::parse(R"({"jsonrpc":"2.0","id":"p","result":{}})"));
}

TEST_F(McpServer, BatchesAreOfOneVersionOnly) {
  const std::string batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},7,)"
      R"({"jsonrpc":"2.0","id":2,"method":"initialize",)"
      R"("params":{"protocolVersion":"2025-06-18"}}])";
  EXPECT_EQ(code_of(batch), -32600);
  for (const char* version : {"2024-11-05", "2025-06-18"}) {
    begin(version);
    EXPECT_EQ(code_of(batch), -32600) << version;
  }
  begin("2025-03-26");
  const json answers = ask(batch);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["id"], 1);
  EXPECT_EQ(answers[1]["error"]["code"], -32600);
  EXPECT_EQ(answers[2]["error"]["code"], -32600);
  EXPECT_EQ(ask(R"([{"jsonrpc":"2.0","method":"x"}])"), "nothing");
  EXPECT_EQ(code_of("[]"), -32600);
  EXPECT_EQ(code_of(json(std::vector<int>(33, 1)).dump()), -32600);
  EXPECT_EQ(ask(json(std::vector<int>(32, 1)).dump()).size(), 32u);
}

TEST_F(McpServer, PingsOvertakeAToolAndRequestsWait) {
  during_call = [this] {
    const auto ping = server.overtake(R"({"jsonrpc":"2.0","id":8,"method":"ping"})");
    EXPECT_TRUE(ping.taken);
    ASSERT_TRUE(ping.answer);
    EXPECT_EQ(json::parse(*ping.answer)["id"], 8);
    EXPECT_FALSE(server.overtake(R"({"jsonrpc":"2.0","id":9,"method":"tools/list"})").taken);
    EXPECT_FALSE(server.overtake("[]").taken);
    EXPECT_FALSE(server.overtake("{").taken);
    EXPECT_FALSE(server.cancelled());
  };
  EXPECT_EQ(call("echo", {{"word", "one"}})["id"], 7);
  EXPECT_EQ(calls, 1);
}

TEST_F(McpServer, WhatIsCancelledIsNotAnswered) {
  const auto cancel = [this](const char* id) {
    return server.overtake(
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
        std::string(id) + "}}");
  };
  during_call = [&] {
    EXPECT_TRUE(server.overtake(R"({"jsonrpc":"2.0","id":8,"method":"ping"})").taken);
    EXPECT_TRUE(cancel("9").taken);
    EXPECT_FALSE(server.cancelled());
    EXPECT_FALSE(cancel("7").answer);
    EXPECT_TRUE(server.cancelled());
  };
  EXPECT_EQ(call("echo", {{"word", "one"}}), "nothing");
  EXPECT_FALSE(server.cancelled());
  // One that waited meanwhile never begins.
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","id":9,"method":"tools/call",)"
                R"("params":{"name":"echo","arguments":{"word":"one"}}})"),
            "nothing");
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(ask(R"({"jsonrpc":"2.0","id":10,"method":"ping"})").contains("result"));
}

}  // namespace
}  // namespace melisai::host
