#include "core/api/process_numbers.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "core/base/files.h"

namespace melisai::api {
namespace {

constexpr Bytes kFileBytesMax = 64 << 10;

/// Field `number` of /proc/self/stat, counted from 1; the second is a name in brackets, which may
/// hold blanks and brackets.
std::optional<double> stat_field(const std::string& stat, int number) {
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream rest(stat.substr(end + 1));
  std::string field;
  for (int at = 3; at <= number; ++at)
    if (!(rest >> field)) return std::nullopt;
  return std::strtod(field.c_str(), nullptr);
}

}  // namespace

std::optional<ProcessNumbers> process_numbers() {
  const Result<std::string> stat = read_file("/proc/self/stat", kFileBytesMax);
  const Result<std::string> statm = read_file("/proc/self/statm", kFileBytesMax);
  if (!stat || !statm) return std::nullopt;
  const auto user = stat_field(*stat, 14);
  const auto system = stat_field(*stat, 15);
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!user || !system || !(std::istringstream(*statm) >> size >> resident)) return std::nullopt;
  ProcessNumbers numbers;
  numbers.cpu_seconds = (*user + *system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  numbers.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++numbers.open_fds;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) numbers.max_fds = limit.rlim_cur;
  return numbers;
}

}  // namespace melisai::api
