#include "core/model/collector.h"

namespace melisai {

std::string_view to_string(CollectorStatus status) {
  switch (status) {
    case CollectorStatus::ok: return "ok";
    case CollectorStatus::unavailable: return "unavailable";
    case CollectorStatus::refused: return "refused";
    case CollectorStatus::crashed: return "plugin_crashed";
    case CollectorStatus::timed_out: return "plugin_timeout";
    case CollectorStatus::misbehaved: return "plugin_misbehaved";
    case CollectorStatus::failed: return "plugin_failed";
  }
  return "plugin_failed";
}

}  // namespace melisai
