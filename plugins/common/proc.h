// What /proc says about processes and counters, as text and as numbers. Shared by the collectors
// that read it; nothing here knows the SDK. Every path comes from the caller, so that tests can
// point at a tree of their own. Files of /proc are bounded before they are read and checked after:
// the name of a process, for one, may hold anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins {

constexpr std::size_t kTextBytesMax = 4096;

/// One value of a window, named like the metric that it is for.
struct Number {
  std::string_view name;
  double value = 0;
};

/// A file that stays open. Of a process it then gives the same process for ever, whatever becomes
/// of its number, and what was allowed at opening stays readable when the process is a zombie: the
/// files of a zombie belong to root.
class HeldFile {
 public:
  HeldFile() = default;
  explicit HeldFile(const std::string& path);
  HeldFile(HeldFile&& other) noexcept;
  HeldFile& operator=(HeldFile&& other) noexcept;
  ~HeldFile();
  /// From its start; nothing when it could not be opened or cannot be read.
  std::optional<std::string> read(std::size_t bytes_max = kTextBytesMax) const;

 private:
  int fd_ = -1;
};

/// At most the first `bytes_max` bytes; nothing when it cannot be opened or read.
std::optional<std::string> read_text(const std::string& path,
                                     std::size_t bytes_max = kTextBytesMax);

/// Split at blanks and line ends.
std::vector<std::string_view> words(std::string_view text);

/// A decimal number that fills `word`, at most 2^59, so that a few can be added. Nothing for
/// anything else, negative numbers included.
std::optional<std::int64_t> to_count(std::string_view word);

/// A number of 0 or more that fills `word`, "0.25"; nothing for anything else.
std::optional<double> to_number(std::string_view word);

/// The number after the first line that starts with `key`: "VmHWM:" in "VmHWM:  120 kB".
std::optional<std::int64_t> count_after(std::string_view text, std::string_view key);

/// The number that is all of a file, as of most in /proc/sys.
std::optional<std::int64_t> read_count(const std::string& path);

/// "always [madvise] never": the word in brackets; without brackets the first; "" without words.
std::string chosen_word(std::string_view text);

/// Numbers of the files in `directory` that are nothing else; at most `count_max`, in no order.
std::vector<std::int64_t> numbered_entries(const std::string& directory, std::size_t count_max);

/// Names in `directory` without "." and "..", sorted; at most `count_max`.
std::vector<std::string> entry_names(const std::string& directory, std::size_t count_max);

/// How many entries those are, at most `count_max`; nothing when it may not be listed.
std::optional<std::int64_t> entry_count(const std::string& directory, std::int64_t count_max);

/// How much a counter grew; one that went backwards (hotplug, wrap) did not grow.
std::int64_t growth(std::int64_t before, std::int64_t after);

/// The same of the number after `key` in two readings of a file; nothing unless both have it.
std::optional<std::int64_t> growth_after(std::string_view before, std::string_view after,
                                         std::string_view key);

/// Stalled time in us of `line` ("some", "full") of /proc/pressure/X: total=.
std::optional<std::int64_t> parse_pressure(std::string_view text, std::string_view line);

/// The average of `line` in percent; `key` is "avg10=" or its like.
std::optional<double> pressure_average(std::string_view text, std::string_view line,
                                       std::string_view key);

/// /proc/<pid>/stat. Times are in clock ticks and, like faults, exact once the process is a zombie.
struct ProcessStat {
  char state = '?';                 // field 3
  std::int64_t parent = 0;          // field 4
  std::int64_t minor_faults = 0;    // fields 10 and 11: with the children that it waited for
  std::int64_t major_faults = 0;    // fields 12 and 13, likewise
  std::int64_t user_ticks = 0;      // fields 14 and 16, likewise
  std::int64_t system_ticks = 0;    // fields 15 and 17, likewise
  std::int64_t own_ticks = 0;       // fields 14 and 15: without children
  std::int64_t threads = 0;         // field 20
  std::int64_t start_ticks = 0;     // field 22: tells two owners of one number apart
  std::int64_t resident_pages = 0;  // field 24

  /// Has it ended? A leader that ended before its other threads has not.
  bool ended() const { return (state == 'Z' && threads <= 1) || state == 'X'; }
};
std::optional<ProcessStat> parse_process_stat(std::string_view text);
/// Field 2 without its brackets; it may hold anything.
std::string_view process_name(std::string_view stat);

double ticks_to_ns(std::int64_t ticks);

}  // namespace melisai::plugins
