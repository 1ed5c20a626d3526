#include "core/host/watched.h"

#include <algorithm>

#include "core/base/env_expand.h"
#include "core/base/secrets.h"
#include "core/base/shell.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/report/report.h"

namespace melisai::host {
namespace {

constexpr const char* kMask = "***";
constexpr std::size_t kCommandMax = 1'000;  // bytes of a command line in a report
constexpr std::size_t kProcessesMax = 5;    // named beside the target
constexpr const char* kProcessInfo = "process_info";
constexpr double kNanoseconds = 1e9;  // in a second

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// "https://user:password@host/" without what comes before the "@".
std::string without_users(std::string word) {
  constexpr std::string_view kBegin = "://";
  for (std::size_t at = word.find(kBegin); at != std::string::npos; at = word.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = word.find_first_of("@/ '\"", at);
    if (end != std::string::npos && word[end] == '@') word.replace(at, end - at, kMask);
  }
  return word;
}

/// "PASSWORD=x make": also in the middle of a word, which may be a whole script.
std::string without_assignments(std::string word) {
  for (std::size_t at = word.find('='); at != std::string::npos; at = word.find('=', at + 1)) {
    std::size_t name = at;
    while (name > 0 && is_name_character(word[name - 1])) --name;
    if (!names_private(std::string_view(word).substr(name, at - name))) continue;
    const std::size_t end = std::min(word.find_first_of(" ;&|\n", at), word.size());
    word.replace(at + 1, end - at - 1, kMask);
  }
  return word;
}

/// A word of a command line that follows `before`.
std::string without_secret(const std::string& word, const std::string& before) {
  const bool is_value = before.starts_with('-') && before.find('=') == std::string::npos &&
                        names_private(before) && !word.starts_with('-');
  return is_value ? kMask : without_users(without_assignments(word));
}

HostData process_info(const HostCategories& categories) {
  const auto found = categories.find("process");
  if (found == categories.end()) return {};
  for (const HostResult& result : found->second) {
    if (result.collector == kProcessInfo) return result.data;
  }
  return {};
}

std::optional<HostData> listed(const HostData& processes, std::int64_t pid) {
  for (const char* list : {"top_by_cpu", "top_by_mem"}) {
    for (const HostData& process : processes.list(list)) {
      if (process.number("pid") == static_cast<double>(pid)) return process;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> count_in(const HostData& process, const char* name) {
  const std::optional<double> number = process.number(name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

void tell_command(const CollectRequest& request, const Window& window, HostTarget& target) {
  target.command = shown_command(request.command);
  target.end = window.end;
  if (!window.exit) return;
  const Usage& usage = window.exit->usage;
  if (window.exit->end == Exit::End::exited) target.exit_code = window.exit->code;
  target.wall_seconds = static_cast<double>(usage.wall_time_ns) / kNanoseconds;
  target.cpu_seconds = static_cast<double>(usage.cpu_time_ns) / kNanoseconds;
  if (*target.wall_seconds > 0) target.cpu_pct = 100 * *target.cpu_seconds / *target.wall_seconds;
  target.peak_rss_bytes = usage.peak_rss_bytes;
  target.read_bytes = usage.read_bytes;
  target.write_bytes = usage.write_bytes;
}

void tell_process(std::int64_t pid, const Window& window, HostTarget& target) {
  target.pid = pid;
  target.end = window.end;
  target.name = printable(window.process.name);
  target.read_bytes = window.process.read_bytes;
  target.write_bytes = window.process.write_bytes;
  const std::optional<HostData> seen = listed(process_info(window.categories), pid);
  if (!seen) return;
  target.cpu_pct = seen->number("cpu_pct");
  target.rss_bytes = count_in(*seen, "mem_rss_bytes");
  target.threads = count_in(*seen, "threads");
  target.open_files = count_in(*seen, "fds");
}

std::string one_decimal(double value) {
  std::string text = std::to_string(value);
  return text.substr(0, text.find('.') + 2);
}

std::string bytes_text(std::int64_t bytes) { return format_bytes(static_cast<Bytes>(bytes)); }

std::string end_text(const HostTarget& target) {
  if (!target.exit_code || !target.wall_seconds) return target.end;
  return target.end + " after " + format_quantity(*target.wall_seconds * kNanoseconds, "ns");
}

/// What was used, joined by commas; "" when nothing is known.
std::string used_text(const HostTarget& target) {
  std::vector<std::string> parts;
  if (target.cpu_seconds)
    parts.push_back(format_quantity(*target.cpu_seconds * kNanoseconds, "ns") + " of CPU time");
  if (target.cpu_pct) parts.push_back(one_decimal(*target.cpu_pct) + " % of one CPU");
  if (target.rss_bytes) parts.push_back(bytes_text(*target.rss_bytes) + " of memory");
  if (target.peak_rss_bytes)
    parts.push_back("at most " + bytes_text(*target.peak_rss_bytes) + " of memory in one process");
  if (target.threads)
    parts.push_back(report::count_of(static_cast<std::size_t>(*target.threads), "thread"));
  if (target.open_files)
    parts.push_back(report::count_of(static_cast<std::size_t>(*target.open_files), "open file"));
  if (target.read_bytes) parts.push_back(bytes_text(*target.read_bytes) + " read from disks");
  if (target.write_bytes) parts.push_back(bytes_text(*target.write_bytes) + " written to disks");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// The processes that were watched with the target, those that used most CPU first.
std::string others_text(const HostData& processes, const std::optional<std::int64_t>& pid) {
  std::string text;
  std::size_t count = 0;
  for (const HostData& process : processes.list("top_by_cpu")) {
    const std::optional<std::int64_t> other = count_in(process, "pid");
    if (!other || other == pid || count == kProcessesMax) continue;
    ++count;
    text += "- with it " + std::to_string(*other) + " " +
            printable(process.text("comm").value_or("")) + ": " +
            one_decimal(process.number("cpu_pct").value_or(0)) + " % of one CPU, " +
            bytes_text(count_in(process, "mem_rss_bytes").value_or(0)) + " of memory\n";
  }
  return text;
}

std::string line(const std::string& text) { return text.empty() ? "" : "- " + text + "\n"; }

}  // namespace

std::string shown_command(const std::vector<std::string>& command) {
  std::vector<std::string> words;
  for (const std::string& word : command)
    words.push_back(without_secret(word, words.empty() ? "" : command[words.size() - 1]));
  std::string text = printable(masked(shell_line(words)));
  if (text.size() <= kCommandMax) return text;
  text.resize(kCommandMax);
  return printable(text) + "...";  // a character may have been cut
}

std::optional<HostTarget> target_of(const CollectRequest& request, const Window& window) {
  if (request.command.empty() && request.pids.empty() && request.cgroups.empty())
    return std::nullopt;
  HostTarget target;
  if (!request.command.empty()) tell_command(request, window, target);
  if (!request.pids.empty()) tell_process(request.pids.front(), window, target);
  if (!request.cgroups.empty()) target.cgroup = printable(request.cgroups.front());
  return target;
}

std::string explain_target(const HostReport& report) {
  if (!report.metadata.target) return "";
  const HostTarget& target = *report.metadata.target;
  std::string text = "\nWatched";
  if (!target.command.empty())
    text += " command: " + target.command + "\n" + line(end_text(target));
  if (target.pid)
    text += " process: " + std::to_string(*target.pid) +
            (target.name.empty() ? "" : " (" + target.name + ")") + "\n" + line(target.end);
  if (!target.cgroup.empty())
    text += (text.ends_with("\n") ? "- with" : "") + (" cgroup: " + target.cgroup) + "\n";
  const std::string used = used_text(target);
  const HostData processes = process_info(report.categories);
  const std::string others = target.command.empty() ? others_text(processes, target.pid) : "";
  if (used.empty() && others.empty()) return text + "- what it used could not be seen\n";
  return text + line(used) + others;
}

}  // namespace melisai::host
