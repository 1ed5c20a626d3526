// Functions that a process compiled at run time: /tmp/perf-PID.map, which JITs write for profilers
// (Node.js, Java agents, .NET, LuaJIT). Text of the process itself, so bounded and cleaned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::symbols {

constexpr Bytes kPerfMapBytesMax = Bytes{64} << 20;
constexpr std::size_t kPerfMapNameMax = 400;

class PerfMap {
 public:
  /// Lines "START SIZE NAME", both in hex. What comes later replaces what it overlaps, because
  /// JITs use their memory again. Other lines are skipped.
  static PerfMap parse(std::string_view text);
  /// "" when the address is in none of its functions. Lives as long as the map.
  std::string_view find(std::uint64_t address) const;
  std::size_t size() const { return functions_.size(); }

 private:
  struct Function {
    std::uint64_t start = 0, end = 0;
    std::string name;
  };
  std::vector<Function> functions_;  // ascending, apart
};

/// Reads the map of a process whose user is `owner` and who calls itself `pid` (in a container
/// another number than outside). A file that somebody else made (/tmp is everybody's), a link and
/// what is too large are refused. `root`: that of the process, "/proc/PID/root". Errors: not_found,
/// io, limit.
Result<PerfMap> read_perf_map(const std::string& root, std::uint32_t pid, std::uint32_t owner);

}  // namespace melisai::symbols
