#include "core/host/completion.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace melisai::host {
namespace {

constexpr std::array<const char*, 8> kCategories = {"cpu",     "memory", "disk",      "network",
                                                    "process", "system", "container", "stacktrace"};

constexpr int kToolTier = 2;  // at least

std::string category_of(const std::string& tool) {
  const auto tools = host_tools();
  const auto known = std::find_if(tools.begin(), tools.end(),
                                  [&](const HostTool& entry) { return entry.name == tool; });
  return std::string(known == tools.end() ? "system" : known->category);
}

void add_missing(const std::string& category, const std::string& collector, std::string why,
                 HostCategories& categories) {
  HostResult result;
  result.collector = collector;
  result.category = category;
  result.errors.push_back(std::move(why));
  categories[category].push_back(std::move(result));
}

bool is_declared(const std::vector<CollectorResult>& collectors, const std::string& name) {
  return std::any_of(collectors.begin(), collectors.end(), [&](const CollectorResult& collector) {
    return std::any_of(collector.parts.begin(), collector.parts.end(),
                       [&](const CollectorPart& part) { return part.name == name; });
  });
}

/// One that never said what it sees has no results of its own.
void add_lost_collectors(const std::vector<CollectorResult>& collectors,
                         HostCategories& categories) {
  for (const CollectorResult& collector : collectors) {
    if (collector.status == CollectorStatus::ok || !collector.parts.empty()) continue;
    add_missing("system", collector.name,
                std::string(to_string(collector.status)) + ": " + collector.reason, categories);
  }
}

void add_missing_tools(const HostProfile& profile, const std::vector<CollectorResult>& collectors,
                       HostCategories& categories) {
  for (const std::string& tool : profile.tools) {
    const std::string category = category_of(tool);
    if (is_declared(collectors, tool)) continue;
    if (!runs(profile, {.name = tool, .category = category, .tier = kToolTier})) continue;
    add_missing(category, tool, "unavailable: no collector has a part of this name", categories);
  }
}

void add_empty_categories(const HostProfile& profile, HostCategories& categories) {
  for (const std::string category : kCategories) {
    if (!categories[category].empty()) continue;
    const bool stacks = category == "stacktrace";
    add_missing(category, category,
                stacks ? "unavailable: profile " + profile.name + " takes no stacks"
                       : "unavailable: no collector of this category was found; `melisai-gate "
                         "plugins` lists those that were",
                categories);
  }
}

}  // namespace

void complete(const HostProfile& profile, const std::vector<CollectorResult>& collectors,
              HostCategories& categories) {
  add_lost_collectors(collectors, categories);
  add_missing_tools(profile, collectors, categories);
  add_empty_categories(profile, categories);
  for (auto& [category, results] : categories)
    std::stable_sort(results.begin(), results.end(), [](const HostResult& a, const HostResult& b) {
      return a.collector < b.collector;
    });
}

}  // namespace melisai::host
