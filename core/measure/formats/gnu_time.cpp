#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kNameless = "command";

/// One run as any of the programs called time reports it.
struct Run {
  std::string name;
  std::optional<double> wall, user, system;  ///< ns
  std::optional<double> rss;                 ///< bytes
  std::string failed;
};

/// "0m2.153s", "2.15", "2.15s"; ns.
std::optional<double> seconds_from(std::string_view text) {
  double minutes = 0;
  if (const std::size_t m = text.find('m'); m != std::string_view::npos) {
    const auto whole = number_from(text.substr(0, m));
    if (!whole) return std::nullopt;
    minutes = *whole;
    text.remove_prefix(m + 1);
  }
  if (text.ends_with('s')) text.remove_suffix(1);
  const auto seconds = loose_number_from(text, false);
  if (!seconds) return std::nullopt;
  return (minutes * 60 + *seconds) * 1e9;
}

class Parser {
 public:
  explicit Parser(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    if (const auto title = heading_of(line)) {
      MELISAI_CHECK(finish());
      section_ = *title;
      return {};
    }
    if (take_one_line(line)) return finish();
    if (line.starts_with("Command exited with non-zero status") ||
        line.starts_with("Command terminated by signal")) {
      MELISAI_CHECK(finish());
      run_.failed = std::string(line);
      return {};
    }
    MELISAI_CHECK(take_verbose(line));
    return take_triple(line);
  }

  Result<void> finish() {
    const Run run = std::exchange(run_, {});
    if (!run.wall) return {};
    std::string name = !section_.empty() ? section_ : run.name;
    if (name.empty()) name = kNameless;
    if (!run.failed.empty()) builder_.fail(name, run.failed);
    MELISAI_CHECK(builder_.add(name, wall_time(), *run.wall));
    if (run.user && run.system)
      MELISAI_CHECK(builder_.add(name, cpu_time(), *run.user + *run.system));
    if (run.rss) MELISAI_CHECK(builder_.add(name, near_exact("max_rss", "B"), *run.rss));
    return {};
  }

 private:
  /// GNU time, zsh, tcsh and macOS say all in one line.
  bool take_one_line(std::string_view line) {
    static const RE2 gnu(R"(([0-9.,]+)user ([0-9.,]+)system ([0-9:.,]+)elapsed .*?)"
                         R"(\+\d+avgdata (\d+)maxresident\)k)");
    static const RE2 zsh(
        R"((.*?)\s*\b([0-9.,]+)s user\s+([0-9.,]+)s system\s+[0-9.,]+% cpu\s+([0-9:.,]+) total)");
    static const RE2 tcsh(R"(([0-9.]+)u ([0-9.]+)s ([0-9:.]+) [0-9.]+%.*)");
    static const RE2 mac(R"(\s+([0-9.,]+) real\s+([0-9.,]+) user\s+([0-9.,]+) sys)");
    static const RE2 fish(R"(Executed in\s+([0-9.]+) (secs|millis|micros|mins)\b.*)");
    std::string name, user, system, wall, rss;
    const bool is_gnu = RE2::FullMatch(line, gnu, &user, &system, &wall, &rss);
    if (!is_gnu && !RE2::FullMatch(line, zsh, &name, &user, &system, &wall) &&
        !RE2::FullMatch(line, tcsh, &user, &system, &wall) &&
        !RE2::FullMatch(line, mac, &wall, &user, &system)) {
      if (!RE2::FullMatch(line, fish, &wall, &name)) return false;
      const std::string unit = name == "secs"     ? "s"
                               : name == "millis" ? "ms"
                               : name == "micros" ? "us"
                                                  : "min";
      run_ = {.wall = number_from(wall).value_or(-1) * unit_from(unit)->factor};
      return true;
    }
    run_.name = name;
    run_.wall = clock_from(wall);
    run_.user = seconds_from(user);
    run_.system = seconds_from(system);
    if (is_gnu) run_.rss = number_from(rss).value_or(-1) * 1024;
    return true;
  }
  /// GNU time -v: its block starts with the command and ends with the exit status.
  Result<void> take_verbose(std::string_view line) {
    const std::size_t at = line.rfind(": ");
    if (at == std::string_view::npos) return {};
    const std::string_view label = trimmed(line.substr(0, at));
    const std::string_view value = trimmed(line.substr(at + 2));
    if (const std::string_view start = trimmed(line); start.starts_with("Command being timed: ")) {
      const std::string failed = run_.failed;
      run_ = {.name = std::string(start.substr(start.find('"') + 1)), .failed = failed};
      if (run_.name.ends_with('"')) run_.name.pop_back();
      is_verbose_ = true;
    }
    if (!is_verbose_) return {};
    if (label == "User time (seconds)") run_.user = seconds_from(value);
    if (label == "System time (seconds)") run_.system = seconds_from(value);
    if (label.starts_with("Elapsed (wall clock) time")) run_.wall = clock_from(value);
    if (label == "Maximum resident set size (kbytes)")
      run_.rss = number_from(value).value_or(-1) * 1024;
    if (label != "Exit status") return {};
    // `time -q` does not say it before.
    if (run_.failed.empty() && value != "0")
      run_.failed = "it exited with status " + std::string(value);
    is_verbose_ = false;
    return finish();
  }
  /// Shells and `time -p`: three lines.
  Result<void> take_triple(std::string_view line) {
    static const RE2 part(R"((real|user|sys)\s+((?:\d+m)?[0-9.,]+s?))");
    std::string which, text;
    if (!RE2::FullMatch(line, part, &which, &text)) return {};
    const std::optional<double> value = seconds_from(text);
    if (which == "real") {
      MELISAI_CHECK(finish());
      run_.wall = value;
    }
    if (which == "user") run_.user = value;
    if (which == "sys") run_.system = value;
    return run_.wall && run_.user && run_.system ? finish() : Result<void>();
  }

  ReadingsBuilder& builder_;
  std::string section_;
  Run run_;
  bool is_verbose_ = false;
};

bool looks_like(const Probe& probe) {
  static const RE2 real(R"(real\s+(?:\d+m)?[0-9.,]+s?)");
  static const RE2 user(R"(user\s+(?:\d+m)?[0-9.,]+s?)");
  static const RE2 one_line(
      R"re([0-9.,]+user [0-9.,]+system [0-9:.,]+elapsed .*|)re"
      R"re(.*\b[0-9.,]+s user\s+[0-9.,]+s system\s+[0-9.,]+% cpu\s+[0-9:.,]+ total|)re"
      R"re([0-9.]+u [0-9.]+s [0-9]+:[0-9:.]+ [0-9.]+%.*|)re"
      R"re(\s+[0-9.,]+ real\s+[0-9.,]+ user\s+[0-9.,]+ sys|)re"
      R"re(\s*Command being timed: ".*|)re"
      R"re(Executed in\s+[0-9.]+ (?:secs|millis|micros|mins)\b.*)re");
  const auto has = [&](const RE2& pattern) {
    return std::any_of(probe.lines().begin(), probe.lines().end(),
                       [&](const std::string& line) { return RE2::FullMatch(line, pattern); });
  };
  if (probe.kind() != Probe::Kind::text) return false;
  return has(one_line) || (has(real) && has(user));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Parser parser(builder);
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return parser.take(line); }));
  return parser.finish();
}

}  // namespace

extern const Format kTime;
const Format kTime{
    .info = {.name = "time", .tool = "time", .made_by = "/usr/bin/time -v -o FILE ./bench"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
