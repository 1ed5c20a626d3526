// Server-sent events (WHATWG HTML, section 9.2). Pure.
#pragma once

#include <string>
#include <string_view>

namespace melisai::api {

inline constexpr std::string_view kEventStreamType = "text/event-stream";
inline constexpr std::size_t kStreamPieceBytes = 48 << 10;  ///< after which a piece ends

struct SentEvent {
  std::string_view id;    ///< "" for none
  std::string_view type;  ///< "" : "message"
  std::string_view data;  ///< without line breaks
};
std::string sse_text(const SentEvent& event);

/// Only moves Last-Event-ID of the client on.
std::string sse_position(std::string_view id);

}  // namespace melisai::api
