#include "core/api/sse.h"

namespace melisai::api {

std::string sse_text(const SentEvent& event) {
  std::string text;
  if (!event.id.empty()) text += "id: " + std::string(event.id) + "\n";
  if (!event.type.empty()) text += "event: " + std::string(event.type) + "\n";
  return text + "data: " + std::string(event.data) + "\n\n";
}

std::string sse_position(std::string_view id) { return "id: " + std::string(id) + "\n\n"; }

}  // namespace melisai::api
