#include "core/measure/formats/gab.h"

namespace melisai::formats {

bool is_history(const std::string& format) { return format == "gab-history"; }

Result<void> read_history(const std::string& path, const Limits& limits,
                          const std::function<Result<void>(PastReadings&)>& take) {
  MELISAI_TRY(Input input, Input::open(path));
  return read_gab_history(input, limits, [&](GabEntry& entry) {
    PastReadings past{.commit = std::move(entry.commit),
                      .date_ms = entry.date_ms,
                      .readings = std::move(entry.readings)};
    for (Reading& reading : past.readings.readings)
      reading.benchmark = entry.suite + "/" + reading.benchmark;
    return take(past);
  });
}

}  // namespace melisai::formats
