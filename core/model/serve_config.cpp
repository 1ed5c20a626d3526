#include "core/model/serve_config.h"

namespace melisai {

DurationLimits default_duration_limits(std::string_view pipeline) {
  using std::chrono::minutes;
  if (pipeline == "build") return {.warning = minutes(10), .critical = minutes(20)};
  if (pipeline == "test") return {.warning = minutes(15), .critical = minutes(30)};
  if (pipeline == "deploy") return {.warning = minutes(5), .critical = minutes(10)};
  return {};
}

}  // namespace melisai
