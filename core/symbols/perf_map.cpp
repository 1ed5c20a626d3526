#include "core/symbols/perf_map.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/text.h"
#include "core/symbols/open_below.h"

namespace melisai::symbols {
namespace {

bool take_hex(std::string_view& line, std::uint64_t& out) {
  const std::string_view digits = line.starts_with("0x") ? line.substr(2) : line;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  if (error != std::errc() || end == digits.data() + digits.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  return true;
}

Result<std::string> read_all(int file, Bytes size, const std::string& path) {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t part = pread(file, text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (part < 0) return error_from_errno(errno, path);
    if (part == 0) break;
    got += static_cast<std::size_t>(part);
  }
  text.resize(got);
  return text;
}

}  // namespace

PerfMap PerfMap::parse(std::string_view text) {
  struct Stretch {
    std::uint64_t end = 0;
    std::string_view name;
  };
  std::map<std::uint64_t, Stretch> stretches;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    if (!take_hex(line, start) || !take_hex(line, size) || line.empty() || size == 0 ||
        start + size < start)
      continue;
    auto at = stretches.upper_bound(start);
    if (at != stretches.begin() && std::prev(at)->second.end > start) --at;
    while (at != stretches.end() && at->first < start + size) at = stretches.erase(at);
    stretches.emplace(start, Stretch{start + size, line});
  }
  PerfMap map;
  for (const auto& [start, stretch] : stretches)
    map.functions_.push_back(
        {start, stretch.end, printable(stretch.name.substr(0, kPerfMapNameMax))});
  return map;
}

std::string_view PerfMap::find(std::uint64_t address) const {
  const auto after = std::upper_bound(
      functions_.begin(), functions_.end(), address,
      [](std::uint64_t wanted, const Function& function) { return wanted < function.start; });
  if (after == functions_.begin() || address >= std::prev(after)->end) return "";
  return std::prev(after)->name;
}

Result<PerfMap> read_perf_map(const std::string& root, std::uint32_t pid, std::uint32_t owner) {
  const std::string path = "/tmp/perf-" + std::to_string(pid) + ".map";
  const Fd file = open_below(root, path, O_NOFOLLOW);
  if (file.get() < 0) return error_from_errno(errno, path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return error_from_errno(errno, path);
  if (!S_ISREG(status.st_mode)) return Error{Errc::io, path + ": not a regular file"};
  if (status.st_uid != owner)
    return Error{Errc::io, path + ": belongs to user " + std::to_string(status.st_uid) +
                               ", not to the process's user " + std::to_string(owner)};
  if (static_cast<Bytes>(status.st_size) > kPerfMapBytesMax)
    return Error{Errc::limit, path + ": larger than " + format_bytes(kPerfMapBytesMax)};
  MELISAI_TRY(const std::string text,
              read_all(file.get(), static_cast<Bytes>(status.st_size), path));
  return PerfMap::parse(text);
}

}  // namespace melisai::symbols
