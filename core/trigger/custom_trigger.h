// What a custom trigger says: an executable that prints a JSON object per line, each of which
// starts pipelines.
//   {"ref": "main", "sha": "<40 or 64 hex digits>", "params": {"k": "v"}}   a commit of a branch
//   {"pipeline": "nightly", "params": {}}                                   one pipeline
// Both may be combined; params are optional, and so is "id": of lines with the same id only the
// first counts. Pure; the process is the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lines.h"
#include "core/base/result.h"
#include "core/trigger/poll_schedule.h"

namespace melisai::trigger {

struct CustomFiring {
  std::string ref;       ///< full name; "" when the line names none
  std::string sha;       ///< lower case; "" without a ref
  std::string pipeline;  ///< "": all that start on such a commit
  std::string id;        ///< "": may be repeated
  std::map<std::string, std::string> params;
  bool operator==(const CustomFiring&) const = default;
};

/// Parameters reach a command as MELISAI_PARAM_<name>. Errors: usage, saying what is allowed.
Result<void> check_param(std::string_view name, std::string_view value);

/// Errors: parse, without the line's place.
Result<CustomFiring> parse_custom_firing(std::string_view line);

/// One trigger's output, cut anywhere. At most 100 lines a minute are read; the others are counted.
class CustomTriggerReader {
 public:
  /// `name`: what messages call the trigger.
  explicit CustomTriggerReader(const std::string& name);

  struct Batch {
    std::vector<CustomFiring> firings;
    std::vector<Error> errors;  ///< of single lines: parse, "NAME:LINE: what is wrong"
  };
  /// Errors: limit, when a line is longer than 64 KiB; then the trigger has to be ended.
  Result<Batch> add(std::string_view bytes, MonotonicTime now);
  /// The program has ended: reads a last line without a newline.
  Result<Batch> finish(MonotonicTime now);

  std::uint64_t dropped() const { return dropped_; }  ///< lines beyond the limit

 private:
  bool may_read(MonotonicTime now);
  void read_line(std::string_view line, MonotonicTime now, Batch& batch);

  LineCutter cutter_;
  MonotonicTime minute_start_{};
  int lines_in_minute_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace melisai::trigger
