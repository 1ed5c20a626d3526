#include "plugins/ebpf/stacks.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "plugins/common/stack_json.h"
#include "plugins/ebpf/histogram.h"
#include "plugins/ebpf/kernel_symbols.h"

namespace melisai::plugins::ebpf {
namespace {

using Addresses = std::vector<std::uint64_t>;

struct Stack {
  ebpf_stack_key key{};
  ebpf_stack_total total{};
  Addresses user, kernel;  // the innermost first
  Addresses top;           // words of the user stack, from its top on
};

/// The two maps of stacks.
struct Traces {
  int first = -1;
  int second = -1;
};

Addresses addresses_of(const Traces& traces, std::int32_t id) {
  std::array<std::uint64_t, ebpf_stack_frames_max> frames{};
  const bool is_first = id < ebpf_stacks_max;
  const std::int32_t at = is_first ? id : id - ebpf_stacks_max;
  const int map = is_first ? traces.first : traces.second;
  if (id < 0 || bpf_map_lookup_elem(map, &at, frames.data()) != 0) return {};
  return {frames.begin(), std::find(frames.begin(), frames.end(), 0)};
}

Addresses top_of(int tops, std::int32_t id) {
  ebpf_stack_top top{};
  if (id < 0 || bpf_map_lookup_elem(tops, &id, &top) != 0 || top.is_taken == 0) return {};
  return {std::begin(top.words), std::end(top.words)};
}

std::vector<Stack> read_stacks(Tool tool, const Object& object) {
  std::vector<Stack> stacks;
  const bool off_cpu = tool == Tool::offcputime;
  const Traces traces{.first = object.map("stack_traces"), .second = object.map("more_traces")};
  const int tops = object.map("stack_tops");
  for_each_entry(object.map("stack_totals"), sizeof(ebpf_stack_key), sizeof(ebpf_stack_total),
                 [&](const void* key, const void* value) {
                   Stack stack;
                   std::memcpy(&stack.key, key, sizeof stack.key);
                   std::memcpy(&stack.total, value, sizeof stack.total);
                   if ((stack.key.off_cpu != 0) != off_cpu) return;
                   stack.user = addresses_of(traces, stack.key.user_stack);
                   stack.kernel = addresses_of(traces, stack.key.kernel_stack);
                   stack.top = top_of(tops, stack.key.user_stack);
                   stacks.push_back(std::move(stack));
                 });
  return stacks;
}

std::string comm_of(const Stack& stack) {
  return {stack.key.comm, strnlen(stack.key.comm, sizeof stack.key.comm)};
}

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::vector<TakenStack> with_names(std::vector<Stack> stacks,
                                   const std::map<std::uint64_t, std::string>& names) {
  std::vector<TakenStack> taken;
  for (Stack& stack : stacks) {
    TakenStack& told = taken.emplace_back(TakenStack{.pid = stack.key.pid,
                                                     .comm = comm_of(stack),
                                                     .off_cpu = stack.key.off_cpu != 0,
                                                     .count = stack.total.count,
                                                     .total_ns = stack.total.total_ns,
                                                     .user = std::move(stack.user),
                                                     .top = std::move(stack.top)});
    for (const std::uint64_t address : stack.kernel) {
      const auto name = names.find(address);
      told.kernel.push_back(name == names.end() ? hex(address) : name->second);
    }
  }
  return taken;
}

void put_totals(Tool tool, const WindowFacts& window, Findings& findings) {
  const Reading& reading = window.reading;
  if (tool == Tool::profile) {
    findings.data = {{"unit", "samples"},
                     {"frequency_hz", window.frequency_hz},
                     {"samples", reading[counter_samples]}};
    if (reading[counter_samples_idle] > 0)
      findings.data["samples_idle"] = reading[counter_samples_idle];
    return;
  }
  findings.data = {{"unit", "ns"},
                   {"switches", reading[counter_offcpu_switches]},
                   {"total_ns", reading[histogram_offcpu_ns].sum}};
  findings.histograms.push_back(
      to_json(reading[histogram_offcpu_ns], "offcputime", "ns", Scale::log2));
  put_dropped(reading[counter_dropped_offcpu], "waits: too many threads waited at once", findings);
}

}  // namespace

Findings report_stacks(Tool tool, const WindowFacts& window, Mappings& mappings,
                       const std::string& proc_root) {
  Findings findings;
  put_totals(tool, window, findings);
  std::vector<Stack> stacks = read_stacks(tool, window.object);
  Addresses kernel;
  for (const Stack& stack : stacks)
    kernel.insert(kernel.end(), stack.kernel.begin(), stack.kernel.end());
  const auto names = kernel_symbols(std::move(kernel), proc_root);
  StackJson told = to_json(
      with_names(std::move(stacks), names),
      {[&](std::uint32_t pid, std::uint64_t address) { return mappings.find(pid, address); },
       mappings.files()});
  findings.data["stacks"] = std::move(told.stacks);
  findings.stacks = std::move(told.folded);
  if (told.left_out > 0) {
    findings.truncated = true;
    findings.data["left_out"] = told.left_out;
  }
  if (told.folded_left_out > 0) findings.data["folded_left_out"] = told.folded_left_out;
  findings.data["files"] = std::move(told.files);
  put_dropped(window.reading[counter_dropped_stacks], "stacks: no room for more different ones",
              findings);
  put_dropped(mappings.lost(), "mappings: told faster than they were taken, or too many", findings);
  return findings;
}

}  // namespace melisai::plugins::ebpf
