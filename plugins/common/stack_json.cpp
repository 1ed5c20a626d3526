#include "plugins/common/stack_json.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

namespace melisai::plugins {
namespace {

using Json = StackJson::Json;

// Of 1,000,000 that a result may have; the lighter stacks go first.
constexpr std::size_t kRawBytesMax = 600'000;
constexpr std::size_t kFoldedBytesMax = 250'000;
constexpr std::size_t kFoldedBytes = 60;  // beside the line
constexpr std::size_t kTopFramesMax = 8;

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

/// As it will be written. Names need not be UTF-8.
std::size_t bytes_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
}

/// Those that stacks lie in, numbered as they come.
class Files {
 public:
  explicit Files(const Places& places) : places_(places) {}

  std::optional<Json> place(std::uint32_t pid, std::uint64_t address) {
    const auto at = places_.find(pid, address);
    if (!at) return std::nullopt;
    const auto [known, is_new] = numbers_.try_emplace(at->file, told_.size());
    if (is_new) told_.push_back(json_of(places_.files[at->file]));
    return Json::array({known->second, at->offset});
  }
  std::size_t count() const { return told_.size(); }
  std::size_t bytes_from(std::size_t first) const {
    std::size_t bytes = 0;
    for (std::size_t i = first; i < told_.size(); ++i) bytes += bytes_of(told_[i]);
    return bytes;
  }
  void forget_from(std::size_t first) {
    told_.resize(first);
    std::erase_if(numbers_, [&](const auto& known) { return known.second >= first; });
  }
  Json all() const { return told_; }

 private:
  static Json json_of(const MappedFile& file) {
    Json json = {{"path", file.path}, {"build_id", file.build_id}};
    if (file.inode != 0) json["inode"] = file.inode;
    return json;
  }

  const Places& places_;
  std::map<std::size_t, std::size_t> numbers_;
  std::vector<Json> told_;
};

Json raw(const TakenStack& stack, Files& files) {
  Json json = {{"pid", stack.pid}, {"comm", stack.comm}, {"count", stack.count}};
  if (stack.off_cpu) json["total_ns"] = stack.total_ns;
  json["user"] = Json::array();
  for (const std::uint64_t address : stack.user)
    json["user"].push_back(files.place(stack.pid, address).value_or(Json::array({-1, address})));
  json["top"] = Json::array();
  for (const std::uint64_t word : stack.top) {
    if (json["top"].size() == kTopFramesMax) break;
    if (auto place = files.place(stack.pid, word)) json["top"].push_back(*std::move(place));
  }
  json["kernel"] = stack.kernel;
  return json;
}

std::string folded(const TakenStack& stack, const Places& places) {
  std::string text = stack.comm;
  std::replace(text.begin(), text.end(), ';', '_');
  for (auto address = stack.user.rbegin(); address != stack.user.rend(); ++address) {
    const auto at = places.find(stack.pid, *address);
    if (!at) {
      text += ";[unknown]";
      continue;
    }
    const std::string& path = places.files[at->file].path;
    text += ";" + path.substr(path.rfind('/') + 1) + "+" + hex(at->offset);
  }
  for (auto name = stack.kernel.rbegin(); name != stack.kernel.rend(); ++name)
    text += ";" + *name + "_[k]";
  return text;
}

}  // namespace

StackJson to_json(std::vector<TakenStack> stacks, const Places& places) {
  std::sort(stacks.begin(), stacks.end(),
            [](const TakenStack& a, const TakenStack& b) { return a.weight() > b.weight(); });
  StackJson json;
  Files files(places);
  std::size_t raw_bytes = 0;
  std::size_t folded_bytes = 0;
  std::map<std::string, std::uint64_t> lines;
  for (const TakenStack& stack : stacks) {
    if (raw_bytes <= kRawBytesMax) {
      const std::size_t known = files.count();
      Json told = raw(stack, files);
      raw_bytes += bytes_of(told) + files.bytes_from(known);
      if (raw_bytes <= kRawBytesMax)
        json.stacks.push_back(std::move(told));
      else
        files.forget_from(known);
    }
    if (raw_bytes > kRawBytesMax) json.left_out += stack.weight();
    const std::string line = folded(stack, places);
    const auto same = lines.find(line);
    const std::size_t bytes = bytes_of(line) + kFoldedBytes;
    if (same != lines.end()) {
      same->second += stack.weight();
    } else if (folded_bytes + bytes <= kFoldedBytesMax) {
      folded_bytes += bytes;
      lines.emplace(line, stack.weight());
    } else {
      json.folded_left_out += stack.weight();
    }
  }
  const bool is_off = !stacks.empty() && stacks.front().off_cpu;
  for (const auto& [line, count] : lines)
    json.folded.push_back(
        {{"stack", line}, {"count", count}, {"type", is_off ? "off-cpu" : "on-cpu"}});
  json.files = files.all();
  return json;
}

}  // namespace melisai::plugins
