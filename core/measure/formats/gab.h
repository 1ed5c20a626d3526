// github-action-benchmark: the results that a team writes for it itself, and the history it keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"

namespace melisai::formats {

/// What the action recorded of one suite at one commit.
struct GabEntry {
  std::string suite;
  std::string commit;        ///< its full hash
  std::string commit_time;   ///< as the file has it, usually ISO 8601; may be ""
  std::int64_t date_ms = 0;  ///< when it was measured, since 1970
  Readings readings;         ///< benchmarks without the suite's name
};

/// Reads "window.BENCHMARK_DATA = {...}", or just the {...}; entries come suite by suite, oldest
/// first. One without a benchmark is left out. Errors: those of read_path(); those of `take`, with
/// the place.
Result<void> read_gab_history(Input& input, const Limits& limits,
                              const std::function<Result<void>(GabEntry&)>& take);

}  // namespace melisai::formats
