#include "plugins/common/stack_json.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace melisai::plugins {
namespace {

using Json = StackJson::Json;

// Of 1,000,000 that a result may have; the lighter stacks go first.
constexpr std::size_t kRawBytesMax = 600'000;
constexpr std::size_t kFoldedBytesMax = 250'000;
constexpr std::size_t kRawFrameBytes = 20;  // "[12,1234567]," and the like
constexpr std::size_t kTopFramesMax = 8;

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

Json raw(const TakenStack& stack, Mappings& mappings) {
  Json json = {{"pid", stack.pid}, {"comm", stack.comm}, {"count", stack.count}};
  if (stack.off_cpu) json["total_ns"] = stack.total_ns;
  json["user"] = Json::array();
  for (const std::uint64_t address : stack.user) {
    const auto at = mappings.find(stack.pid, address);
    json["user"].push_back(at ? Json::array({at->file, at->offset}) : Json::array({-1, address}));
  }
  json["top"] = Json::array();
  for (const std::uint64_t word : stack.top) {
    const auto at = mappings.find(stack.pid, word);
    if (at && json["top"].size() < kTopFramesMax) json["top"].push_back({at->file, at->offset});
  }
  json["kernel"] = stack.kernel;
  return json;
}

std::string folded(const TakenStack& stack, Mappings& mappings) {
  std::string text = stack.comm;
  std::replace(text.begin(), text.end(), ';', '_');
  for (auto address = stack.user.rbegin(); address != stack.user.rend(); ++address) {
    const auto at = mappings.find(stack.pid, *address);
    if (!at) {
      text += ";[unknown]";
      continue;
    }
    const std::string& path = mappings.files()[at->file].path;
    text += ";" + path.substr(path.rfind('/') + 1) + "+" + hex(at->offset);
  }
  for (auto name = stack.kernel.rbegin(); name != stack.kernel.rend(); ++name)
    text += ";" + *name + "_[k]";
  return text;
}

}  // namespace

StackJson to_json(std::vector<TakenStack> stacks, Mappings& mappings) {
  std::sort(stacks.begin(), stacks.end(),
            [](const TakenStack& a, const TakenStack& b) { return a.weight() > b.weight(); });
  StackJson json;
  std::size_t raw_bytes = 0;
  std::size_t folded_bytes = 0;
  std::map<std::string, std::uint64_t> lines;
  for (const TakenStack& stack : stacks) {
    raw_bytes += 100 + (stack.user.size() + kTopFramesMax) * kRawFrameBytes +
                 stack.kernel.size() * 2 * kRawFrameBytes;
    if (raw_bytes > kRawBytesMax)
      json.left_out += stack.weight();
    else
      json.stacks.push_back(raw(stack, mappings));
    const std::string line = folded(stack, mappings);
    if (!lines.contains(line)) folded_bytes += line.size() + 60;
    if (folded_bytes <= kFoldedBytesMax) lines[line] += stack.weight();
  }
  const bool is_off = !stacks.empty() && stacks.front().off_cpu;
  for (const auto& [line, count] : lines)
    json.folded.push_back(
        {{"stack", line}, {"count", count}, {"type", is_off ? "off-cpu" : "on-cpu"}});
  for (const MappedFile& file : mappings.files())
    json.files.push_back({{"path", file.path}, {"build_id", file.build_id}});
  return json;
}

}  // namespace melisai::plugins
