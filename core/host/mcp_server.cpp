// JSON-RPC 2.0 and the messages of the Model Context Protocol:
// https://modelcontextprotocol.io/specification
#include "core/host/mcp_server.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/host/mcp_arguments.h"
#include "core/version.h"

namespace melisai::host {
namespace {

// What comes in is sorted by key: looking one up in an ordered object is linear, and a hostile
// line holds many. What goes out keeps the order in which it is written here.
using In = nlohmann::json;
using Out = nlohmann::ordered_json;

// Newest first. Batches came with the second and went with the third.
constexpr std::array kVersions = {"2025-06-18", "2025-03-26", "2024-11-05"};
constexpr const char* kBatchVersion = "2025-03-26";
constexpr std::size_t kBatchMax = 32;
constexpr int kDepthMax = 64;
constexpr std::size_t kCancelledMax = 256;

constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kUnknownMethod = -32601;
constexpr int kInvalidParams = -32602;

constexpr const char* kInstructions =
    "Looks at the machine that this server runs on, and at the performance checks stored there. "
    "Begin with get_health; explain_anomaly says what each anomaly id means; collect_metrics gives "
    "the numbers behind; explain_run tells why a check passed or failed. Nothing is changed, and "
    "the commands in advice are for the user to decide on.";

/// What a method answers: a result, or an error when `code` is not 0.
struct Reply {
  Out result = Out::object();
  int code = 0;
  std::string message;
};

Reply refusal(int code, const std::string& message) {
  return {.result = {}, .code = code, .message = message};
}

std::string line_of(const Out& message) {
  return message.dump(-1, ' ', false, Out::error_handler_t::replace);
}

Out error_message(const In& id, int code, const std::string& message) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}};
}

Out message_of(const In& id, Reply reply) {
  if (reply.code != 0) return error_message(id, reply.code, reply.message);
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(reply.result)}};
}

bool is_id(const In& value) { return value.is_string() || value.is_number(); }

/// The id of something that may be anything; null when it has none.
In id_of(const In& message) {
  const auto found = message.is_object() ? message.find("id") : message.end();
  return message.is_object() && found != message.end() && is_id(*found) ? *found : In();
}

/// Nothing when it is no JSON, or too deep; `why` then says which.
std::optional<In> parse(std::string_view line, std::string& why) {
  bool too_deep = false;
  const auto within_depth = [&](int depth, In::parse_event_t, In&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  In value = In::parse(line, within_depth, /*allow_exceptions=*/false);
  why = too_deep ? "the message is nested deeper than " + std::to_string(kDepthMax)
                 : "the line is not JSON";
  if (too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

/// Of our own text.
template <class Json>
Json object_of(const std::string& text) {
  Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  MELISAI_ASSERT(object.is_object());
  return object;
}

Out entry_of(const Tool& tool) {
  return {{"name", tool.name},
          {"title", tool.title},
          {"description", tool.description},
          {"inputSchema", object_of<Out>(tool.input_schema)},
          {"outputSchema", object_of<Out>(tool.output_schema)},
          {"annotations",
           {{"title", tool.title},
            {"readOnlyHint", true},
            {"destructiveHint", false},
            {"openWorldHint", false}}}};
}

Reply reply_of(const Result<ToolAnswer>& answer) {
  Reply reply;
  reply.result["content"] = Out::array();
  const std::string& text = answer ? answer->text : answer.error().message;
  reply.result["content"].push_back({{"type", "text"}, {"text", text}});
  if (answer) reply.result["structuredContent"] = object_of<Out>(answer->structured);
  reply.result["isError"] = !answer;
  return reply;
}

}  // namespace

struct Server::State {
  explicit State(std::vector<Tool> given) : tools(std::move(given)) {
    for (const Tool& tool : tools) schemas.push_back(object_of<In>(tool.input_schema));
  }

  Reply initialize(const In& params);
  Reply list_tools(const In& params) const;
  Reply call_tool(const In& params);
  Reply dispatch(const std::string& method, const In& params);
  std::optional<Out> answer_one(const In& message);
  std::optional<Out> answer_batch(const In& batch);
  void cancel(const In& message);
  bool was_cancelled(const In& id) const {
    return std::find(cancelled.begin(), cancelled.end(), id) != cancelled.end();
  }

  std::vector<Tool> tools;
  std::vector<In> schemas;   // of the tools' arguments
  std::string version;       // of the protocol; "" before initialize
  In active;                 // id of the request that is worked on; null for none
  std::deque<In> cancelled;  // ids, which a client never uses twice
};

Reply Server::State::initialize(const In& params) {
  const auto wanted = params.find("protocolVersion");
  if (wanted == params.end() || !wanted->is_string())
    return refusal(kInvalidParams, "protocolVersion: must be a string");
  const auto* known = std::find(kVersions.begin(), kVersions.end(), wanted->get<std::string>());
  version = known == kVersions.end() ? kVersions.front() : *known;
  return {.result = {{"protocolVersion", version},
                     {"capabilities", {{"tools", {{"listChanged", false}}}}},
                     {"serverInfo",
                      {{"name", "melisai-gate"}, {"title", "melisai-gate"}, {"version", kVersion}}},
                     {"instructions", kInstructions}},
          .message = ""};
}

Reply Server::State::list_tools(const In& params) const {
  // All tools come at once, so that no cursor is ever ours.
  if (params.contains("cursor"))
    return refusal(kInvalidParams, "cursor: unknown; the list has one page");
  Reply reply;
  reply.result["tools"] = Out::array();
  for (const Tool& tool : tools) reply.result["tools"].push_back(entry_of(tool));
  return reply;
}

Reply Server::State::call_tool(const In& params) {
  const auto name = params.find("name");
  if (name == params.end() || !name->is_string())
    return refusal(kInvalidParams, "name: must be the name of a tool");
  const auto tool = std::find_if(tools.begin(), tools.end(),
                                 [&](const Tool& each) { return In(each.name) == *name; });
  if (tool == tools.end())
    return refusal(kInvalidParams,
                   "name: there is no tool " + in_quotes(name->get_ref<const std::string&>()));
  const In arguments = params.value("arguments", In::object());
  if (!arguments.is_object()) return refusal(kInvalidParams, "arguments: must be an object");
  const In& schema = schemas[static_cast<std::size_t>(tool - tools.begin())];
  if (const std::string problem = problem_of(arguments, schema); !problem.empty())
    return refusal(kInvalidParams, tool->name + ": " + problem);
  return reply_of(tool->call(arguments));
}

Reply Server::State::dispatch(const std::string& method, const In& params) {
  if (!params.is_object()) return refusal(kInvalidParams, "params: must be an object");
  if (method == "initialize") return initialize(params);
  if (method == "ping") return {};
  if (method == "tools/list") return list_tools(params);
  if (method == "tools/call") return call_tool(params);
  return refusal(kUnknownMethod, "there is no method " + in_quotes(method));
}

std::optional<Out> Server::State::answer_one(const In& message) {
  if (!message.is_object())
    return error_message(In(), kInvalidRequest, "a message must be an object");
  // We ask for nothing, so an answer is of no interest.
  if (!message.contains("method") && (message.contains("result") || message.contains("error")))
    return std::nullopt;
  const In id = id_of(message);
  const In method = message.value("method", In());
  if (message.value("jsonrpc", In()) != "2.0" || !method.is_string())
    return error_message(id, kInvalidRequest, "a message needs \"jsonrpc\": \"2.0\" and a method");
  if (!message.contains("id")) {
    cancel(message);
    return std::nullopt;
  }
  if (id.is_null()) return error_message(id, kInvalidRequest, "id: must be a string or a number");
  if (was_cancelled(id)) return std::nullopt;
  active = id;
  Reply reply = dispatch(method.get<std::string>(), message.value("params", In::object()));
  active = In();
  if (was_cancelled(id)) return std::nullopt;
  return message_of(id, std::move(reply));
}

std::optional<Out> Server::State::answer_batch(const In& batch) {
  if (version != kBatchVersion)
    return error_message(In(), kInvalidRequest,
                         std::string("batches are of protocol version ") + kBatchVersion + " only");
  if (batch.empty() || batch.size() > kBatchMax)
    return error_message(In(), kInvalidRequest,
                         "a batch holds 1 to " + std::to_string(kBatchMax) + " messages");
  Out answers = Out::array();
  for (const In& message : batch) {
    const bool begins = message.is_object() && message.value("method", In()) == "initialize";
    std::optional<Out> answer =
        begins ? error_message(id_of(message), kInvalidRequest, "initialize must come alone")
               : answer_one(message);
    if (answer) answers.push_back(*std::move(answer));
  }
  if (answers.empty()) return std::nullopt;
  return answers;
}

/// Of notifications this one alone asks for something. An unknown or finished request is no error.
void Server::State::cancel(const In& message) {
  const In params = message.value("params", In::object());
  if (message["method"] != "notifications/cancelled" || !params.is_object()) return;
  const In id = params.value("requestId", In());
  if (!is_id(id)) return;
  cancelled.push_back(id);
  if (cancelled.size() > kCancelledMax) cancelled.pop_front();
}

Server::Server(std::vector<Tool> tools) : state_(std::make_unique<State>(std::move(tools))) {}
Server::~Server() = default;

std::optional<std::string> Server::answer(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return std::nullopt;
  std::string why;
  const std::optional<In> message = parse(line, why);
  if (!message) return line_of(error_message(In(), kParseError, why));
  const std::optional<Out> answer =
      message->is_array() ? state_->answer_batch(*message) : state_->answer_one(*message);
  if (!answer) return std::nullopt;
  return line_of(*answer);
}

std::string Server::refuse_long_line() const {
  return line_of(error_message(
      In(), kParseError,
      "the message is longer than " + std::to_string(kMcpLineMax) + " bytes and was passed over"));
}

Server::Overtaken Server::overtake(std::string_view line) {
  std::string why;
  const std::optional<In> message = parse(line, why);
  if (!message || !message->is_object()) return {};
  const In method = message->value("method", In());
  const bool cancels = method == "notifications/cancelled" && !message->contains("id");
  const bool pings = method == "ping" && !id_of(*message).is_null();
  if (!cancels && !pings) return {};
  // Neither looks at the request that is worked on, but answer_one() notes one.
  const In active = state_->active;
  const std::optional<Out> answer = state_->answer_one(*message);
  state_->active = active;
  return {.taken = true,
          .answer = answer ? std::optional<std::string>(line_of(*answer)) : std::nullopt};
}

bool Server::cancelled() const { return state_->was_cancelled(state_->active); }

}  // namespace melisai::host
