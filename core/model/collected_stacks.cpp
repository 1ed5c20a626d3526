#include "core/model/collected_stacks.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/text.h"

namespace melisai {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kJsonBytesMax = std::size_t{16} << 20;
constexpr std::size_t kNameBytesMax = 2'000;
constexpr std::size_t kPathBytesMax = 4'096;
constexpr double kWeightMax = 1e18;

// The member, or null for anything else.
const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& value, std::size_t bytes_max) {
  return value.is_string() ? value.get_ref<const std::string&>().substr(0, bytes_max) : "";
}

double weight_of(const Json& value) {
  const double weight = value.is_number() ? value.get<double>() : 0;
  return std::isfinite(weight) && weight >= 0 && weight <= kWeightMax ? weight : 0;
}

std::string hex_of(const Json& value) {
  std::string text = text_of(value, kNameBytesMax);
  return text.find_first_not_of("0123456789abcdef") == std::string::npos ? text : "";
}

CollectedFrame frame_of(const Json& pair, std::size_t files) {
  CollectedFrame frame;
  if (!pair.is_array() || pair.size() != 2 || !pair[1].is_number_integer()) return frame;
  frame.offset = pair[1].get<std::uint64_t>();
  if (pair[0].is_number_unsigned() && pair[0].get<std::uint64_t>() < files)
    frame.file = pair[0].get<std::int64_t>();
  return frame;
}

CollectedStack stack_of(const Json& value, std::size_t files) {
  CollectedStack stack;
  const Json& pid = member(value, "pid");
  if (pid.is_number_unsigned()) stack.pid = static_cast<std::uint32_t>(pid.get<std::uint64_t>());
  stack.comm = printable(text_of(member(value, "comm"), kNameBytesMax));
  stack.count = weight_of(member(value, "count"));
  stack.total_ns = weight_of(member(value, "total_ns"));
  for (const Json& frame : member(value, "user"))
    if (stack.user.size() < CollectedStacks::kFramesMax)
      stack.user.push_back(frame_of(frame, files));
  for (const Json& frame : member(value, "top"))
    if (stack.top.size() < CollectedStacks::kFramesMax) stack.top.push_back(frame_of(frame, files));
  for (const Json& name : member(value, "kernel"))
    if (stack.kernel.size() < CollectedStacks::kFramesMax)
      stack.kernel.push_back(printable(text_of(name, kNameBytesMax)));
  return stack;
}

Error bad(Errc code, const std::string& what) { return {code, "stacks of a collector: " + what}; }

}  // namespace

Result<CollectedStacks> collected_stacks_from_json(std::string_view json) {
  if (json.size() > kJsonBytesMax)
    return bad(Errc::limit, "more than " + std::to_string(kJsonBytesMax) + " bytes");
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return bad(Errc::parse, "not a JSON object");
  const Json& files = member(document, "files");
  const Json& stacks = member(document, "stacks");
  if (!files.is_array() || !stacks.is_array())
    return bad(Errc::parse, "files and stacks must be arrays");
  if (files.size() > CollectedStacks::kFilesMax || stacks.size() > CollectedStacks::kStacksMax)
    return bad(Errc::limit, "too many files or stacks");
  CollectedStacks result;
  for (const Json& file : files) {
    const Json& inode = member(file, "inode");
    result.files.push_back({.path = text_of(member(file, "path"), kPathBytesMax),
                            .build_id = hex_of(member(file, "build_id")),
                            .inode = inode.is_number_unsigned() ? inode.get<std::uint64_t>() : 0});
  }
  for (const Json& stack : stacks) result.stacks.push_back(stack_of(stack, files.size()));
  return result;
}

}  // namespace melisai
