#include "core/explain_processes.h"

#include <algorithm>
#include <map>
#include <utility>

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

/// What the parent of one that was forked counted too. A process that is the same is no parent:
/// there the call failed.
double before_fork(const CountedProcess& forked, const std::vector<CountedProcess>& processes) {
  for (const CountedProcess& each : processes)
    if (!each.is_unfinished && each.command == forked.command && each.begun == forked.begun &&
        each.pid != forked.pid)
      return each.instructions;
  return 0;
}

using Moment = std::pair<std::string, std::string>;  // of a command: so many blocks were executed

/// Whether two of them count the same work: both begin at the moment when one was started. Where a
/// process wrote what it had before it forked, two begin anew: the process and its child.
bool overlap(const std::vector<CountedProcess>& processes) {
  std::map<Moment, int> beginnings;
  for (const CountedProcess& each : processes) {
    if (!each.is_unfinished) ++beginnings[{each.command, each.begun}];
    if (each.forks || each.is_unfinished)
      beginnings[{each.command, each.ended}] -= each.forks ? 2 : 1;
  }
  return std::any_of(beginnings.begin(), beginnings.end(), [](const auto& entry) {
    return entry.second > (entry.first.second == "0" ? 1 : 0);
  });
}

}  // namespace

CountedProcess process_of(std::string_view text) {
  const std::string_view head = text.substr(0, text.find("\nevents:"));
  CountedProcess process{.pid = value_of(head, "\npid:"), .command = value_of(head, "\ncmd:")};
  const std::string trigger = value_of(head, "\ndesc: Trigger:");
  process.is_unfinished = trigger.starts_with(kDumpBeforeExec);
  process.forks = trigger.starts_with(kDumpBeforeFork);
  const std::string range = value_of(head, "\ndesc: Timerange: Basic block");
  if (const std::size_t dash = range.find(" - "); dash != std::string::npos) {
    process.begun = range.substr(0, dash);
    process.ended = range.substr(dash + 3);
  }
  return process;
}

std::string why_not_countable(const std::vector<CountedProcess>& processes) {
  double sum = 0;
  double lost = 0;
  bool finished = false;
  for (const CountedProcess& each : processes) {
    if (each.command.empty()) return "a process has no command: not countable";
    if (each.is_unfinished) {
      lost += std::max(0.0, each.instructions - before_fork(each, processes));
      continue;
    }
    sum += each.instructions;
    finished = finished || !each.forks;
  }
  if (overlap(processes))
    return "it runs a command twice, or forks in a way that nobody sees: not countable";
  if (!finished) return "its processes were killed: not countable";
  if (lost > std::max(kLostPart * sum, kShellStart))
    return "it works, and then executes another program: not countable";
  return "";
}

}  // namespace melisai
