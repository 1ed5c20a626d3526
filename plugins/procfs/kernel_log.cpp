#include "plugins/procfs/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <iterator>
#include <system_error>
#include <utility>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kRecordBytesMax = 8192;  // the kernel's own limit
// A kernel that logs without end would keep us reading.
constexpr std::size_t kRecordsMax = 50'000;
constexpr const char* kLevels[] = {"emerg", "alert", "crit", "err", "warn"};
constexpr std::int64_t kLevelMask = 7;

// The number is facility * 8 + level.
std::optional<std::string> level_of(std::string_view priority) {
  const auto number = to_count(priority);
  if (!number) return std::nullopt;
  const auto level = static_cast<std::size_t>(*number & kLevelMask);
  if (level >= std::size(kLevels)) return std::nullopt;
  return kLevels[level];
}

std::string since_boot(std::int64_t us) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld.%06lld", static_cast<long long>(us / 1'000'000),
                static_cast<long long>(us % 1'000'000));
  return text.data();
}

}  // namespace

std::optional<LogEntry> parse_log_record(std::string_view record) {
  // 6,339,5140900,-;message, then lines of KEY=value
  const std::size_t head_end = record.find(';');
  if (head_end == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> head;
  for (std::string_view rest = record.substr(0, head_end); head.size() < 3;) {
    const std::size_t size = std::min(rest.find(','), rest.size());
    head.push_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  const auto level = level_of(head[0]);
  const auto us = to_count(head[2]);
  if (!level || !us) return std::nullopt;
  record.remove_prefix(head_end + 1);
  return LogEntry{since_boot(*us), *level, std::string(record.substr(0, record.find('\n')))};
}

KernelLog read_kernel_log(const std::string& path, std::size_t entries_max) {
  const auto reason = [&] { return path + ": " + std::generic_category().message(errno); };
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return {{}, reason()};
  KernelLog log;
  std::deque<LogEntry> last;
  std::array<char, kRecordBytesMax> buffer{};
  for (std::size_t record = 0; record < kRecordsMax; ++record) {
    const ssize_t size = read(file, buffer.data(), buffer.size());
    if (size < 0 && errno == EPIPE) continue;  // the next one was overwritten before we came
    if (size < 0 && errno != EAGAIN && last.empty()) log.error = reason();
    if (size <= 0) break;
    auto entry = parse_log_record({buffer.data(), static_cast<std::size_t>(size)});
    if (!entry) continue;
    last.push_back(std::move(*entry));
    if (last.size() > entries_max) last.pop_front();
  }
  close(file);
  log.entries.assign(std::make_move_iterator(last.begin()), std::make_move_iterator(last.end()));
  return log;
}

}  // namespace melisai::plugins::procfs
