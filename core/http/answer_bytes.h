// What an answer looks like on the wire: its head with the headers that every answer carries, and
// the frame of a stream's pieces. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/http.h"

namespace melisai::http {

/// How the client learns where the body ends.
enum class Ending { length, chunked, close };

struct AnswerForm {
  Ending ending = Ending::length;
  bool keep_alive = false;
  bool http_1_0 = false;
  std::optional<std::chrono::system_clock::time_point> date{};
};

/// Could this be taken for two answers, or for none? Names and values come from handlers, and what
/// these put into them may be a stranger's.
bool is_sendable(const Response& response);

/// Status line and headers with their empty line. A header that the handler sets itself is not set
/// again. 204 and 304 have neither type nor length.
std::string head_bytes(const Response& response, const AnswerForm& form);

bool has_body(int status);

std::string chunk_bytes(std::string_view piece);  ///< `piece` is not empty
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace melisai::http
