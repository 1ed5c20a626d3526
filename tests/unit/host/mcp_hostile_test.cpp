// Lines of a hostile client: the server answers or stays silent, and goes on.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "core/host/mcp_tools.h"

namespace melisai::host {
namespace {

using namespace std::string_literals;
using nlohmann::json;

const char* const kRequests[] = {
    R"({"jsonrpc":"2.0","id":1,"method":"initialize",
        "params":{"protocolVersion":"2025-03-26","capabilities":{}}})",
    R"({"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"cursor":"x"}})",
    R"({"jsonrpc":"2.0","id":2,"method":"tools/call",
        "params":{"name":"explain_anomaly","arguments":{"anomaly_id":"swap_usage"}}})",
    R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"collect_metrics",
        "arguments":{"profile":"deep","focus":"cpu,disk","pid":17,"duration":"5s"}}})",
    R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"explain_run",
        "arguments":{"run":"last","state_dir":"/nowhere"}}})",
    R"([{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}},
        {"jsonrpc":"2.0","id":5,"method":"ping"}])",
    R"({"jsonrpc":"2.0","method":"notifications/cancelled",
        "params":{"requestId":"\ud83d\ude00"}})"};

Server make_server() {
  return Server(make_tools(
      {.collect = [](const CollectRequest&) -> Result<HostReport> { return HostReport(); },
       .plugin_dirs = {},
       .state_dir = "/nowhere"}));
}

/// Silence, or one line of valid JSON that is an answer.
void expect_answer(Server& server, const std::string& line) {
  const auto taken = server.overtake(line);
  const auto answer = taken.taken ? taken.answer : server.answer(line);
  if (!answer) return;
  ASSERT_EQ(answer->find('\n'), std::string::npos);
  const json message = json::parse(*answer, nullptr, false);
  ASSERT_FALSE(message.is_discarded()) << *answer;
  for (const json& each : message.is_array() ? message : json::array({message}))
    ASSERT_TRUE(each.contains("id") && each.contains("result") != each.contains("error")) << each;
}

TEST(HostileMcpClient, CutAnywhere) {
  Server server = make_server();
  for (const std::string request : kRequests) {
    for (std::size_t size = 0; size < request.size(); ++size)
      expect_answer(server, request.substr(0, size));
  }
}

TEST(HostileMcpClient, BytesChangedAtRandom) {
  Server server = make_server();
  std::mt19937 random(20261121);
  const std::string bytes = "\0\x1f\"\\{}[],:0-9.eE+tn\xff\xc3\xed\xa0u"s;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = kRequests[random() % std::size(kRequests)];
    for (auto changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = random() % line.size();
      if (random() % 3 == 0)
        line.erase(at, random() % 9);
      else if (random() % 2 == 0)
        line[at] = bytes[random() % bytes.size()];
      else
        line.insert(at, line.substr(random() % line.size(), random() % 40));
      if (line.empty()) line = " ";
    }
    expect_answer(server, line);
  }
}

TEST(HostileMcpClient, ValuesOfEveryKindInEveryPlace) {
  Server server = make_server();
  const std::vector<json> values = {nullptr,
                                    true,
                                    0,
                                    -1,
                                    1e308,
                                    18446744073709551615u,
                                    "",
                                    "last",
                                    std::string(5000, 'x'),
                                    json::array(),
                                    json::object(),
                                    {{"a", {1, 2}}},
                                    std::string("\0\n", 2)};
  for (const std::string request : kRequests) {
    const json flat = json::parse(request).flatten();
    for (const auto& [path, old] : flat.items()) {
      for (const json& value : values) {
        json changed = json::parse(request);
        changed[json::json_pointer(path)] = value;
        expect_answer(server, changed.dump());
      }
    }
  }
}

// Each of these is about as long as a line may be.
TEST(HostileMcpClient, DeepAndWideLines) {
  Server server = make_server();
  const std::string begin = R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)";
  for (const char* open : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string deep;
    while (deep.size() < kMcpLineMax / 2) deep += open;
    expect_answer(server, deep);
    expect_answer(server, begin + deep);
  }
  expect_answer(
      server, begin + std::string(kMcpLineMax / 2, '[') + std::string(kMcpLineMax / 2, ']') + "}");
  std::string wide = begin + "{";
  for (int i = 0; wide.size() < kMcpLineMax - 20; ++i) wide += "\"" + std::to_string(i) + "\":0,";
  expect_answer(server, wide + "\"last\":0}}");
  expect_answer(server, R"({"jsonrpc":"2.0","method":"ping","id":")" +
                            std::string(kMcpLineMax - 100, 'x') + "\"}");
}

TEST(HostileMcpClient, MoreCancellationsThanAnyoneRemembers) {
  Server server = make_server();
  for (int id = 0; id < 2000; ++id)
    expect_answer(server,
                  R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
                      std::to_string(id) + "}}");
  EXPECT_TRUE(server.answer(R"({"jsonrpc":"2.0","id":0,"method":"ping"})"));
  EXPECT_FALSE(server.answer(R"({"jsonrpc":"2.0","id":1999,"method":"ping"})"));
}

}  // namespace
}  // namespace melisai::host
