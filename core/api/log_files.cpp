#include "core/api/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <tuple>

#include "core/base/fd.h"

namespace melisai::api {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".log";
constexpr const char* kWork = "work";

struct Found {
  LogFile file;
  std::int64_t written_ns = 0;
};

std::optional<Found> look_at(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  Found found;
  found.file.path = path;
  found.file.bytes = static_cast<std::uint64_t>(status.st_size);
  found.written_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return found;
}

/// Names that our stages give; what else a stage of strangers puts there is not shown.
bool is_stage(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<LogFile> log_files(const Attempt& attempt, LogOrder order) {
  std::vector<Found> all;
  std::error_code error;
  for (fs::directory_iterator at(attempt.directory + "/logs", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    const std::string stage = name.substr(0, name.size() - kSuffix.size());
    std::optional<Found> found = is_stage(stage) ? look_at(at->path().string()) : std::nullopt;
    if (!found) continue;
    found->file.stage = stage;
    all.push_back(*std::move(found));
  }
  std::sort(all.begin(), all.end(), [&](const Found& a, const Found& b) {
    const bool by_time = order == LogOrder::by_time;
    return std::tuple(by_time ? a.written_ns : 0, a.file.stage) <
           std::tuple(by_time ? b.written_ns : 0, b.file.stage);
  });
  if (all.size() > kLogFilesMax - 1) all.resize(kLogFilesMax - 1);
  if (std::optional<Found> work = look_at(attempt.directory + "/" + kWork + ".log")) {
    work->file.stage = kWork;
    all.push_back(*std::move(work));
  }
  std::vector<LogFile> files;
  for (Found& found : all) {
    found.file.attempt = attempt.number;
    files.push_back(std::move(found.file));
  }
  return files;
}

std::string read_log(const std::string& path, std::uint64_t from, std::size_t bytes_max) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string text(bytes_max, '\0');
  const ssize_t got = pread(fd.get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

ByteRange parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const ByteRange whole{.from = 0, .to = size};
  if (!header.starts_with(kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  // Of several ranges the whole text is an allowed answer.
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
  const std::string_view first = header.substr(0, dash);
  const std::string_view last = header.substr(dash + 1);
  using Kind = ByteRange::Kind;
  if (first.empty()) {
    const auto count = number(last);
    if (!count) return whole;
    if (*count == 0 || size == 0) return {.kind = Kind::outside};
    return {.from = size - std::min(*count, size), .to = size, .kind = Kind::part};
  }
  const auto from = number(first);
  const auto to = last.empty() ? std::optional(size) : number(last);
  if (!from || !to || (!last.empty() && *to < *from)) return whole;
  if (*from >= size) return {.kind = Kind::outside};
  return {.from = *from, .to = last.empty() || *to >= size ? size : *to + 1, .kind = Kind::part};
}

}  // namespace melisai::api
