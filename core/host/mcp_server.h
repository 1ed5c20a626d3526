// The server side of the Model Context Protocol, apart from streams: one line in, at most one line
// out. Lines come from a stranger. Private to core/host.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::host {

inline constexpr std::size_t kMcpLineMax = 1 << 20;

struct ToolAnswer {
  std::string text;        ///< for the model
  std::string structured;  ///< the same for programs: a JSON object that fits the output schema
};

/// Something that the client may call. All tools only look, at this machine alone.
struct Tool {
  std::string name;  ///< "get_health"
  std::string title;
  std::string description;
  std::string input_schema;   ///< JSON Schema, of the keywords of mcp_arguments.h
  std::string output_schema;  ///< JSON Schema of ToolAnswer::structured
  /// `arguments` fit input_schema. An error becomes a result that says so: the model can do
  /// something about it.
  std::function<Result<ToolAnswer>(const nlohmann::json& arguments)> call;
};

class Server {
 public:
  explicit Server(std::vector<Tool> tools);
  ~Server();

  /// The answer to a request or a batch, without a line break; nothing for notifications, answers
  /// and what was cancelled.
  std::optional<std::string> answer(std::string_view line);

  /// For a line that was too long to be kept.
  std::string refuse_long_line() const;

  struct Overtaken {
    bool taken = false;  ///< dealt with; false: the line waits for answer()
    std::optional<std::string> answer;
  };
  /// For a line that came while answer() is at work: pings and cancellations cannot wait.
  Overtaken overtake(std::string_view line);

  /// Was the request that answer() works on cancelled?
  bool cancelled() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace melisai::host
