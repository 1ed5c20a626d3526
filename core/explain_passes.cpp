#include "core/explain_passes.h"

#include <algorithm>
#include <string_view>

#include "core/model/host_profile.h"

namespace melisai {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kKernelCollector = "ebpf";

bool has_stand_in(const std::vector<CollectorResult>& results, std::string_view tool) {
  const std::string_view name = stand_in_of(tool);
  return !name.empty() &&
         std::any_of(results.begin(), results.end(), [&](const CollectorResult& each) {
           return each.status == CollectorStatus::ok &&
                  std::any_of(each.parts.begin(), each.parts.end(), [&](const CollectorPart& part) {
                    return part.name == name && part.unavailable.empty();
                  });
         });
}

}  // namespace

const PassKind& counts_pass() {
  static const PassKind kind{"counts", {"syscount", "futex"}, false};
  return kind;
}
const PassKind& stacks_pass() {
  static const PassKind kind{"stacks", {"profile", "offcputime"}, true};
  return kind;
}
const PassKind& deep_pass() {
  static const PassKind kind{"deep", {"runqlat", "syslat"}, true};
  return kind;
}

std::string why_without(const std::vector<CollectorResult>& results, const Names& parts) {
  const auto kernel = std::find_if(results.begin(), results.end(), [](const CollectorResult& each) {
    return each.name == kKernelCollector;
  });
  if (kernel == results.end())
    return "the collector ebpf is not installed, or collect.collectors leaves it out";
  if (kernel->status != CollectorStatus::ok)
    return "ebpf: " +
           (kernel->reason.empty() ? std::string(to_string(kernel->status)) : kernel->reason);
  std::string missing;
  for (const CollectorPart& part : kernel->parts)
    if (std::find(parts.begin(), parts.end(), part.name) != parts.end() &&
        !part.unavailable.empty())
      missing += (missing.empty() ? "" : ", ") + part.name + ": " + part.unavailable;
  return missing;
}

bool any_available(const std::vector<CollectorResult>& results, const Names& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
    return why_without(results, {part}).empty() || has_stand_in(results, part);
  });
}

}  // namespace melisai
