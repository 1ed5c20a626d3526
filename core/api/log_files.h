// What the stages of a run wrote, read in pieces from the files of its attempts; never a whole file
// in memory. Private to core/api.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/pipeline_run.h"

namespace melisai::api {

inline constexpr std::size_t kLogPieceBytes = 64 << 10;
inline constexpr std::size_t kLogFilesMax = 64;  ///< of one attempt; more are not shown

struct LogFile {
  int attempt = 0;
  std::string stage;  ///< "head-build", or "work" for what the attempt itself says
  std::string path;
  std::uint64_t bytes = 0;  ///< when it was looked at
};

enum class LogOrder {
  by_time,  ///< of the last line, as `melisai-gate logs` prints them
  by_name   ///< the same while they grow
};
/// The regular files only; "work" last.
std::vector<LogFile> log_files(const Attempt& attempt, LogOrder order);

/// At most `bytes_max` from there; "" at the end, and for what cannot be read. Follows no link.
std::string read_log(const std::string& path, std::uint64_t from, std::size_t bytes_max);

/// `bytes=FROM-TO` of a text of `size` bytes.
struct ByteRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  ///< behind the last byte
  enum class Kind {
    whole,  ///< no header, or one that is not understood, which then does not count
    part,
    outside  ///< nothing of it is there
  } kind = Kind::whole;
};
ByteRange parse_range(std::string_view header, std::uint64_t size);

}  // namespace melisai::api
