// `mcp` as a client sees it: the real program behind two pipes.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Mcp : public Sandbox {
 protected:
  static json request(int id, const std::string& method, const json& params = json::object()) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  }
  static json tool(int id, const std::string& name, const json& arguments = json::object()) {
    return request(id, "tools/call", {{"name", name}, {"arguments", arguments}});
  }

  /// All lines at once, then the end of input.
  Ran serve(const std::vector<std::string>& lines) {
    std::ofstream file(root() + "/requests");
    for (const std::string& line : lines) file << line << "\n";
    file.close();
    return shell("exec " + program() + " <" + root() + "/requests");
  }
  /// A client that stays: its pipe holds `lines`, never ends, and answers go to a file.
  Ran serve_open(const std::vector<json>& lines, const std::function<void(pid_t)>& started) {
    std::string script = "mkfifo " + pipe() + "; exec 3<>" + pipe() + "; ";
    for (const json& line : lines) script += "echo '" + line.dump() + "' >&3; ";
    return shell(script + "exec " + program() + " <&3 3<&- >" + root() + "/answers", started);
  }
  std::string pipe() const { return root() + "/pipe"; }
  std::string answers() const {
    std::ifstream file(root() + "/answers");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool answered(int id) const {
    return answers().find("\"id\":" + std::to_string(id) + ",") != std::string::npos;
  }
  std::string program() const { return MELISAI_BIN_DIR "/melisai-gate mcp --state-dir " + state(); }
  Ran shell(const std::string& line, const std::function<void(pid_t)>& started = {}) {
    return run_program({"bash", "-c", line}, repo(), started);
  }
  /// Every line of the output is a message.
  static std::map<int, json> answers_of(const std::string& output) {
    std::map<int, json> answers;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      const json message = json::parse(line, nullptr, false);
      EXPECT_EQ(message.value("jsonrpc", ""), "2.0") << line;
      if (message["id"].is_number()) answers[message["id"]] = message;
    }
    return answers;
  }
};

TEST_F(Mcp, AConversation) {
  write_seeded_pipeline();
  write_numbers("BM_A 100 0.01\n");
  commit("base");
  write_numbers("BM_A 130 0.01\n");
  commit("head");
  ASSERT_EQ(check({"--base", "main~1", "--profile", "none"}).code, 1);

  const Ran ran = serve({request(1, "initialize",
                                 {{"protocolVersion", "2025-06-18"},
                                  {"capabilities", json::object()},
                                  {"clientInfo", {{"name", "test"}, {"version", "1"}}}})
                             .dump(),
                         R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                         request(2, "tools/list").dump(), "no message",
                         tool(3, "get_health").dump(), std::string(3 << 20, 'x'),
                         tool(4, "explain_run").dump(), tool(5, "explain_run", {{"run", 9}}).dump(),
                         tool(6, "collect_metrics", {{"duration", "1s"}}).dump(),
                         tool(7, "explain_anomaly", {{"anomaly_id", "swap_usage"}}).dump(),
                         request(8, "ping").dump()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::map<int, json> answers = answers_of(ran.out);
  ASSERT_EQ(answers.size(), 8u) << ran.out;
  EXPECT_EQ(answers[1]["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(answers[2]["result"]["tools"].size(), 5u);
  const json health = answers[3]["result"]["structuredContent"];
  EXPECT_EQ(health["health_score"].is_null(), health["resources"].empty()) << health;
  const json run = answers[4]["result"]["structuredContent"];
  EXPECT_EQ(run["verdict"], "regression");
  EXPECT_EQ(run["regressions"][0]["benchmark"], "seeded/BM_A");
  EXPECT_GT(run["regressions"][0]["change_pct"], 20);
  EXPECT_EQ(answers[5]["result"]["isError"], true);
  const json report = json::parse(answers[6]["result"]["content"][0]["text"].get<std::string>());
  EXPECT_EQ(report["metadata"]["duration"], "1s");
  EXPECT_EQ(answers[7]["result"]["isError"], false);
  // The two lines that are no messages were answered as such.
  std::size_t refused = 0;
  for (std::size_t at = 0; (at = ran.out.find("-32700", at)) != std::string::npos; ++at) ++refused;
  EXPECT_EQ(refused, 2u);
}

TEST_F(Mcp, NothingToReadIsAnOrderlyEnd) {
  const Ran ran = serve({});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "");
}

TEST_F(Mcp, ASignalEndsACollectionAndTheServer) {
  const Ran ran = serve_open(
      {tool(1, "collect_metrics", {{"duration", "60s"}}), request(2, "ping")}, [this](pid_t gate) {
        // Answered while the tool is at work.
        EXPECT_TRUE(eventually([&] { return answered(2); }));
        EXPECT_FALSE(answered(1));
        kill(gate, SIGTERM);
      });
  EXPECT_EQ(ran.code, 0) << ran.err;
  json answer = answers_of(answers())[1];
  EXPECT_EQ(answer["result"]["structuredContent"]["interrupted"], true);
  EXPECT_LT(answer["result"]["structuredContent"]["window_seconds"], 30);
}

TEST_F(Mcp, ACancelledCollectionMakesRoomForTheNextRequest) {
  const Ran ran = serve_open(
      {tool(1, "collect_metrics", {{"duration", "60s"}}), request(2, "ping")}, [this](pid_t gate) {
        EXPECT_TRUE(eventually([&] { return answered(2); }));
        const json cancel = {{"jsonrpc", "2.0"},
                             {"method", "notifications/cancelled"},
                             {"params", {{"requestId", 1}}}};
        std::ofstream(pipe()) << cancel.dump() + "\n" + request(3, "tools/list").dump() + "\n";
        EXPECT_TRUE(eventually([&] { return answered(3); }));
        kill(gate, SIGTERM);
      });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_FALSE(answered(1));
}

}  // namespace
}  // namespace melisai::e2e
