#include "plugins/common/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace melisai::plugins {
namespace {

constexpr std::string_view kBlanks = " \t\n";
constexpr std::size_t kChunkBytes = 4096;
constexpr std::int64_t kCountMax = std::int64_t{1} << 59;

std::optional<std::string> read_from_start(int fd, std::size_t bytes_max) {
  if (fd < 0) return std::nullopt;
  std::string text;
  std::size_t size = 0;
  while (size < bytes_max) {
    text.resize(std::min(bytes_max, size + kChunkBytes));
    const ssize_t more =
        pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (more < 0) return std::nullopt;
    if (more == 0) break;
    size += static_cast<std::size_t>(more);
  }
  text.resize(size);
  return text;
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

// The rest of the word that starts with `key` on the line that starts with `line`.
std::optional<std::string_view> pressure_field(std::string_view text, std::string_view line,
                                               std::string_view key) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const auto fields = words(text.substr(0, size));
    if (!fields.empty() && fields.front() == line)
      for (const std::string_view field : fields)
        if (field.starts_with(key)) return field.substr(key.size());
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace

HeldFile::HeldFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

HeldFile::HeldFile(HeldFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

HeldFile& HeldFile::operator=(HeldFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

HeldFile::~HeldFile() {
  if (fd_ >= 0) close(fd_);
}

std::optional<std::string> HeldFile::read(std::size_t bytes_max) const {
  return read_from_start(fd_, bytes_max);
}

std::optional<std::string> read_text(const std::string& path, std::size_t bytes_max) {
  return HeldFile(path).read(bytes_max);
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    found.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlanks, end);
  }
  return found;
}

std::optional<std::int64_t> to_count(std::string_view word) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (word.empty() || end != word.data() + word.size() || word.front() == '-') return std::nullopt;
  if (error == std::errc::result_out_of_range) return kCountMax;
  if (error != std::errc()) return std::nullopt;
  return std::min(count, kCountMax);
}

std::optional<double> to_number(std::string_view word) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if (!std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return number;
}

std::optional<std::int64_t> count_after(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t line_size = std::min(text.find('\n'), text.size());
    if (text.starts_with(key)) {
      const auto rest = words(text.substr(key.size(), line_size - key.size()));
      return rest.empty() ? std::nullopt : to_count(rest.front());
    }
    text.remove_prefix(std::min(line_size + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::int64_t> read_count(const std::string& path) {
  const std::string text = read_text(path).value_or("");
  const auto fields = words(text);
  return fields.size() == 1 ? to_count(fields.front()) : std::nullopt;
}

std::string chosen_word(std::string_view text) {
  const auto fields = words(text);
  for (const std::string_view field : fields)
    if (field.size() > 2 && field.front() == '[' && field.back() == ']')
      return std::string(field.substr(1, field.size() - 2));
  return fields.empty() ? "" : std::string(fields.front());
}

std::vector<std::int64_t> numbered_entries(const std::string& directory, std::size_t count_max) {
  std::vector<std::int64_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (entries == nullptr) return numbers;
  while (numbers.size() < count_max) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) break;
    if (const auto number = to_count(entry->d_name)) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<std::string> entry_names(const std::string& directory, std::size_t count_max) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  while (entries != nullptr && names.size() < count_max) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) break;
    if (!is_dots(entry->d_name)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::int64_t> entry_count(const std::string& directory, std::int64_t count_max) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (entries == nullptr) return std::nullopt;
  std::int64_t count = 0;
  while (count < count_max) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) break;
    if (!is_dots(entry->d_name)) ++count;
  }
  return count;
}

std::int64_t growth(std::int64_t before, std::int64_t after) {
  return after > before ? after - before : 0;
}

std::optional<std::int64_t> growth_after(std::string_view before, std::string_view after,
                                         std::string_view key) {
  const auto was = count_after(before, key);
  const auto is = count_after(after, key);
  if (!was || !is) return std::nullopt;
  return growth(*was, *is);
}

std::optional<std::int64_t> parse_pressure(std::string_view text, std::string_view line) {
  const auto field = pressure_field(text, line, "total=");
  return field ? to_count(*field) : std::nullopt;
}

std::optional<double> pressure_average(std::string_view text, std::string_view line,
                                       std::string_view key) {
  const auto field = pressure_field(text, line, key);
  return field ? to_number(*field) : std::nullopt;
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // The name, field 2, ends at the last bracket: it may itself hold brackets, blanks and lines.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const auto fields = words(text.substr(name_end + 1));
  constexpr std::size_t kFirst = 3;
  if (fields.size() <= 24 - kFirst || fields[0].size() != 1) return std::nullopt;
  bool known = true;
  const auto field = [&](std::size_t number) {
    const auto count = to_count(fields[number - kFirst]);
    known = known && count.has_value();
    return count.value_or(0);
  };
  ProcessStat stat;
  stat.state = fields[0][0];
  stat.parent = field(4);
  stat.minor_faults = field(10) + field(11);
  stat.major_faults = field(12) + field(13);
  stat.user_ticks = field(14) + field(16);
  stat.system_ticks = field(15) + field(17);
  stat.own_ticks = field(14) + field(15);
  stat.threads = field(20);
  stat.start_ticks = field(22);
  stat.resident_pages = field(24);
  if (!known) return std::nullopt;
  return stat;
}

std::string_view process_name(std::string_view stat) {
  const std::size_t begin = stat.find('(');
  const std::size_t end = stat.rfind(')');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  return stat.substr(begin + 1, end - begin - 1);
}

double ticks_to_ns(std::int64_t ticks) {
  static const double ns_per_tick = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(ticks) * ns_per_tick;
}

}  // namespace melisai::plugins
