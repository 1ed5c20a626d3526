#include "plugins/process/tree_sampler.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "plugins/process/root_usage.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kChildrenBytesMax = 64 << 10;
constexpr std::size_t kHostProcessesMax = 64 << 10;

}  // namespace

TreeSampler::TreeSampler(std::string proc, std::int64_t root, std::int64_t root_delay_ns)
    : proc_(std::move(proc)), root_(root), root_delay_before_ns_(root_delay_ns) {
  const std::string task = "task/" + std::to_string(root) + "/children";
  kernel_lists_children_ = read_text(path(root, task)).has_value();
}

void TreeSampler::sample() {
  Look look;
  visit_all(look);
  keep(std::move(look));
}

void TreeSampler::visit_all(Look& look) {
  if (!kernel_lists_children_)
    for (const std::int64_t process : numbered_entries(proc_, kHostProcessesMax))
      if (const auto stat = stat_of(process)) look.children.emplace(stat->parent, process);
  look.waiting = {root_};
  visit_waiting(look);
  // Those whose parent is gone; their numbers may by now belong to somebody else.
  for (const auto& [known, start_ticks] : processes_)
    if (const auto stat = stat_of(known); stat && stat->start_ticks == start_ticks)
      look.waiting.push_back(known);
  visit_waiting(look);
}

void TreeSampler::visit_waiting(Look& look) {
  while (!look.waiting.empty()) {
    const std::int64_t process = look.waiting.back();
    look.waiting.pop_back();
    visit(process, look);
  }
}

void TreeSampler::visit(std::int64_t process, Look& look) {
  if (look.processes.size() >= kProcessesMax || look.processes.contains(process)) return;
  const auto stat = stat_of(process);
  if (!stat || stat->ended()) return;
  look.processes.emplace(process, stat->start_ticks);
  look.threads += stat->threads;
  look.resident_pages += stat->resident_pages;
  if (const auto status = read_text(path(process, "status")))
    peak_kib_ = std::max(peak_kib_, count_after(*status, "VmHWM:").value_or(0));
  if (stat->threads <= 1) {
    visit_thread(process, process, look);
  } else {
    for (const std::int64_t thread : numbered_entries(path(process, "task"), kThreadsMax))
      visit_thread(process, thread, look);
  }
  const auto [first, last] = look.children.equal_range(process);
  for (auto child = first; child != last; ++child) look.waiting.push_back(child->second);
}

void TreeSampler::visit_thread(std::int64_t process, std::int64_t thread, Look& look) {
  const std::string task = "task/" + std::to_string(thread);
  if (look.run_delays.size() < kThreadsMax)
    if (const auto text = read_text(path(process, task + "/schedstat")))
      if (const auto delay = parse_run_delay(*text)) look.run_delays[thread] = *delay;
  if (!kernel_lists_children_) return;
  if (const auto text = read_text(path(process, task + "/children"), kChildrenBytesMax))
    for (const std::string_view word : words(*text))
      if (const auto child = to_count(word)) look.waiting.push_back(*child);
}

void TreeSampler::keep(Look look) {
  for (const auto& [thread, delay] : run_delays_) {
    if (thread == root_) continue;  // result() is told its last value
    const auto now = look.run_delays.find(thread);
    // Less than before: the thread ended and another one has its number.
    if (now == look.run_delays.end() || now->second < delay) ended_delay_ns_ += delay;
  }
  run_delays_ = std::move(look.run_delays);
  processes_ = std::move(look.processes);
  if (processes_.empty()) return;
  ++samples_;
  threads_max_ = std::max(threads_max_, look.threads);
  processes_max_ = std::max(processes_max_, static_cast<std::int64_t>(processes_.size()));
  resident_pages_max_ = std::max(resident_pages_max_, look.resident_pages);
}

void TreeSampler::saw_peak(std::int64_t kib) { peak_kib_ = std::max(peak_kib_, kib); }

std::vector<Number> TreeSampler::result(std::optional<std::int64_t> root_delay_ns) const {
  std::vector<Number> numbers = {{"samples", static_cast<double>(samples_)}};
  if (root_delay_ns) {
    std::int64_t delay = ended_delay_ns_;
    for (const auto& [thread, last] : run_delays_)
      if (thread != root_) delay += last;
    delay += *root_delay_ns;
    numbers.push_back({"run_delay", static_cast<double>(growth(root_delay_before_ns_, delay))});
  }
  if (peak_kib_ > 0) numbers.push_back({"peak_rss", static_cast<double>(peak_kib_) * 1024});
  if (samples_ == 0) return numbers;
  const double page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  numbers.push_back({"threads_max", static_cast<double>(threads_max_)});
  numbers.push_back({"processes_max", static_cast<double>(processes_max_)});
  // Nothing is resident of who is on the way out, and of nobody else.
  if (resident_pages_max_ > 0)
    numbers.push_back({"tree_rss_max", static_cast<double>(resident_pages_max_) * page_bytes});
  return numbers;
}

std::optional<ProcessStat> TreeSampler::stat_of(std::int64_t process) const {
  const auto text = read_text(path(process, "stat"));
  return text ? parse_process_stat(*text) : std::nullopt;
}

std::string TreeSampler::path(std::int64_t process, std::string_view file) const {
  return proc_ + "/" + std::to_string(process) + "/" + std::string(file);
}

}  // namespace melisai::plugins
