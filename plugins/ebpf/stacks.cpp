#include "plugins/ebpf/stacks.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "plugins/ebpf/histogram.h"
#include "plugins/ebpf/kernel_symbols.h"

namespace melisai::plugins::ebpf {
namespace {

// Of 1,000,000 that a result may have; the lighter stacks go first.
constexpr std::size_t kRawBytesMax = 600'000;
constexpr std::size_t kFoldedBytesMax = 250'000;
constexpr std::size_t kRawFrameBytes = 20;  // "[12,1234567]," and the like
constexpr std::size_t kTopFramesMax = 8;

using Addresses = std::vector<std::uint64_t>;

struct Stack {
  ebpf_stack_key key{};
  ebpf_stack_total total{};
  Addresses user, kernel;  // the innermost first
  Addresses top;           // words of the user stack, from its top on
};

Addresses addresses_of(int traces, std::int32_t id) {
  std::array<std::uint64_t, ebpf_stack_frames_max> frames{};
  if (id < 0 || bpf_map_lookup_elem(traces, &id, frames.data()) != 0) return {};
  return {frames.begin(), std::find(frames.begin(), frames.end(), 0)};
}

Addresses top_of(int tops, std::int32_t id) {
  ebpf_stack_top top{};
  if (id < 0 || bpf_map_lookup_elem(tops, &id, &top) != 0 || top.is_taken == 0) return {};
  return {std::begin(top.words), std::end(top.words)};
}

std::uint64_t weight(const Stack& stack) {
  return stack.key.off_cpu != 0 ? stack.total.total_ns : stack.total.count;
}

std::vector<Stack> read_stacks(Tool tool, const Object& object) {
  std::vector<Stack> stacks;
  const bool off_cpu = tool == Tool::offcputime;
  const int traces = object.map("stack_traces");
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
  std::sort(stacks.begin(), stacks.end(),
            [](const Stack& a, const Stack& b) { return weight(a) > weight(b); });
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

class Frames {
 public:
  Frames(Mappings& mappings, std::map<std::uint64_t, std::string> kernel)
      : mappings_(mappings), kernel_(std::move(kernel)) {}

  Json user(std::uint32_t pid, std::uint64_t address) {
    const auto at = mappings_.find(pid, address);
    if (!at) return Json::array({-1, address});
    return Json::array({at->file, at->offset});
  }
  /// Those words that are addresses in files.
  Json top(std::uint32_t pid, const Addresses& words) {
    Json places = Json::array();
    for (const std::uint64_t word : words) {
      const auto at = mappings_.find(pid, word);
      if (at && places.size() < kTopFramesMax) places.push_back({at->file, at->offset});
    }
    return places;
  }
  std::string folded(std::uint32_t pid, std::uint64_t address) {
    const auto at = mappings_.find(pid, address);
    if (!at) return "[unknown]";
    const std::string& path = mappings_.files()[at->file].path;
    return path.substr(path.rfind('/') + 1) + "+" + hex(at->offset);
  }
  std::string kernel(std::uint64_t address) const {
    const auto name = kernel_.find(address);
    return name == kernel_.end() ? hex(address) : name->second;
  }

 private:
  Mappings& mappings_;
  std::map<std::uint64_t, std::string> kernel_;
};

Json raw(const Stack& stack, Frames& frames) {
  Json json = {{"pid", stack.key.pid}, {"comm", comm_of(stack)}, {"count", stack.total.count}};
  if (stack.key.off_cpu != 0) json["total_ns"] = stack.total.total_ns;
  json["user"] = Json::array();
  for (const std::uint64_t address : stack.user)
    json["user"].push_back(frames.user(stack.key.pid, address));
  json["top"] = frames.top(stack.key.pid, stack.top);
  json["kernel"] = Json::array();
  for (const std::uint64_t address : stack.kernel) json["kernel"].push_back(frames.kernel(address));
  return json;
}

std::string folded(const Stack& stack, Frames& frames) {
  std::string text = comm_of(stack);
  std::replace(text.begin(), text.end(), ';', '_');
  for (auto at = stack.user.rbegin(); at != stack.user.rend(); ++at)
    text += ";" + frames.folded(stack.key.pid, *at);
  for (auto at = stack.kernel.rbegin(); at != stack.kernel.rend(); ++at)
    text += ";" + frames.kernel(*at) + "_[k]";
  return text;
}

void put_stacks(const std::vector<Stack>& stacks, Frames& frames, Findings& findings) {
  std::size_t raw_bytes = 0;
  std::size_t folded_bytes = 0;
  std::uint64_t left_out = 0;
  std::map<std::string, std::uint64_t> lines;
  for (const Stack& stack : stacks) {
    raw_bytes += 100 + (stack.user.size() + kTopFramesMax) * kRawFrameBytes +
                 stack.kernel.size() * 2 * kRawFrameBytes;
    if (raw_bytes > kRawBytesMax)
      left_out += weight(stack);
    else
      findings.data["stacks"].push_back(raw(stack, frames));
    const std::string line = folded(stack, frames);
    if (!lines.contains(line)) folded_bytes += line.size() + 60;
    if (folded_bytes <= kFoldedBytesMax) lines[line] += weight(stack);
  }
  for (const auto& [line, count] : lines)
    findings.stacks.push_back(
        {{"stack", line},
         {"count", count},
         {"type", !stacks.empty() && stacks.front().key.off_cpu != 0 ? "off-cpu" : "on-cpu"}});
  if (left_out == 0) return;
  findings.truncated = true;
  findings.data["left_out"] = left_out;
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
  const std::vector<Stack> stacks = read_stacks(tool, window.object);
  Addresses kernel;
  for (const Stack& stack : stacks)
    kernel.insert(kernel.end(), stack.kernel.begin(), stack.kernel.end());
  Frames frames(mappings, kernel_symbols(std::move(kernel), proc_root));
  findings.data["stacks"] = Json::array();
  put_stacks(stacks, frames, findings);
  Json& files = findings.data["files"] = Json::array();
  for (const MappedFile& file : mappings.files())
    files.push_back({{"path", file.path}, {"build_id", file.build_id}});
  put_dropped(window.reading[counter_dropped_stacks], "stacks: no room for more different ones",
              findings);
  put_dropped(mappings.lost(), "mappings: told faster than they were taken", findings);
  return findings;
}

}  // namespace melisai::plugins::ebpf
