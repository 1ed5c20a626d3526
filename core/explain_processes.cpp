#include "core/explain_processes.h"

#include <algorithm>
#include <set>

namespace melisai {
namespace {

constexpr std::size_t kValueBytesMax = 4'096;
constexpr double kLostPart = 0.01;   // of a run, that may be missing
constexpr double kShellStart = 1e6;  // instructions; a shell executes the command of every run

std::string value_of(std::string_view head, std::string_view key) {
  const std::size_t at = head.find(key);
  if (at == std::string_view::npos) return "";
  std::string_view value = head.substr(at + key.size());
  value = value.substr(0, value.find('\n'));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return std::string(value.substr(0, kValueBytesMax));
}

/// What the parent of one that was forked counted too. A finished process that is the same is no
/// parent: there the call failed.
double before_fork(const CountedProcess& forked, const std::vector<CountedProcess>& processes) {
  for (const CountedProcess& each : processes)
    if (!each.is_unfinished && each.command == forked.command && each.pid != forked.pid)
      return each.instructions;
  return 0;
}

}  // namespace

CountedProcess process_of(std::string_view text) {
  const std::string_view head = text.substr(0, text.find("\nevents:"));
  return {.pid = value_of(head, "\npid:"),
          .command = value_of(head, "\ncmd:"),
          .is_unfinished = value_of(head, "\ndesc: Trigger:").starts_with(kDumpBeforeExec)};
}

std::string why_not_countable(const std::vector<CountedProcess>& processes) {
  std::set<std::string> commands;
  double sum = 0;
  double lost = 0;
  for (const CountedProcess& each : processes) {
    if (each.command.empty()) return "a process has no command: not countable";
    if (each.is_unfinished) {
      lost += std::max(0.0, each.instructions - before_fork(each, processes));
      continue;
    }
    sum += each.instructions;
    // A forked process begins with the counts of its parent.
    if (!commands.insert(each.command).second)
      return "it forks, or runs a command twice: not countable";
  }
  if (commands.empty()) return "its processes were killed: not countable";
  if (lost > std::max(kLostPart * sum, kShellStart))
    return "it works, and then executes another program: not countable";
  return "";
}

}  // namespace melisai
