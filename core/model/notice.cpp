#include "core/model/notice.h"

namespace melisai {

std::string_view to_string(Notice::Level level) {
  switch (level) {
    case Notice::Level::info: return "info";
    case Notice::Level::warning: return "warning";
    case Notice::Level::error: return "error";
    case Notice::Level::critical: return "critical";
  }
  return "";
}

std::string_view to_string(Notice::Event event) {
  switch (event) {
    case Notice::Event::failed: return "failed";
    case Notice::Event::regression: return "regression";
    case Notice::Event::inconclusive: return "inconclusive";
    case Notice::Event::error: return "error";
    case Notice::Event::escalated: return "escalated";
    case Notice::Event::recovered: return "recovered";
    case Notice::Event::paused: return "paused";
    case Notice::Event::slow: return "slow";
    case Notice::Event::very_slow: return "very_slow";
    case Notice::Event::found: return "found";
    case Notice::Event::approval_wanted: return "approval_wanted";
    case Notice::Event::report: return "report";
    case Notice::Event::accepted: return "accepted";
    case Notice::Event::approved: return "approved";
  }
  return "";
}

Notice::Level level_of(Notice::Event event) {
  switch (event) {
    case Notice::Event::found:
    case Notice::Event::recovered:
    case Notice::Event::report:
    case Notice::Event::accepted:
    case Notice::Event::approved: return Notice::Level::info;
    case Notice::Event::approval_wanted:
    case Notice::Event::inconclusive:
    case Notice::Event::paused:
    case Notice::Event::slow: return Notice::Level::warning;
    case Notice::Event::failed:
    case Notice::Event::regression:
    case Notice::Event::error: return Notice::Level::error;
    case Notice::Event::escalated:
    case Notice::Event::very_slow: return Notice::Level::critical;
  }
  return Notice::Level::error;
}

}  // namespace melisai
