#include "core/model/host_profile.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::string_view kStacks = "stacks";
constexpr std::array<std::string_view, 10> kFocusWords = {
    "cpu",    "memory",    "disk",       "network", "process",
    "system", "container", "stacktrace", kStacks,   kAll};

constexpr std::array<HostTool, 19> kTools = {{{"runqlat", "cpu"},
                                              {"runqlen", "cpu"},
                                              {"biolatency", "disk"},
                                              {"biosnoop", "disk"},
                                              {"tcpconnlat", "network"},
                                              {"tcpretrans", "network"},
                                              {"tcprtt", "network"},
                                              {"profile", "stacktrace"},
                                              {"offcputime", "stacktrace"},
                                              {"cachestat", "memory"},
                                              {"execsnoop", "process"},
                                              {"syscount", "process"},
                                              {"syslat", "process"},
                                              {"pagefaults", "memory"},
                                              {"ctxswitch", "cpu"},
                                              {"futex", "process"},
                                              {"opens", "process"},
                                              {"oomkill", "memory"},
                                              {"pagealloc", "memory"}}};

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

/// What a profile may name: our own tools, and what the collectors here have beyond them.
std::vector<std::string> tool_names(const std::vector<CollectorResult>& collectors) {
  std::vector<std::string> names;
  for (const HostTool& tool : kTools) names.emplace_back(tool.name);
  for (const CollectorResult& collector : collectors) {
    for (const CollectorPart& part : collector.parts) {
      const bool is_known = std::find(names.begin(), names.end(), part.name) != names.end();
      if (part.tier > 1 && !is_known) names.push_back(part.name);
    }
  }
  return names;
}

bool is_in_focus(const HostProfile& profile, std::string_view category) {
  if (profile.focus.empty()) return true;
  return std::any_of(profile.focus.begin(), profile.focus.end(), [&](const std::string& word) {
    return word == kAll || word == category || (word == kStacks && category == "stacktrace");
  });
}

bool is_named(const std::vector<HostProfile>& profiles, std::string_view name) {
  return std::any_of(profiles.begin(), profiles.end(),
                     [&](const HostProfile& profile) { return profile.name == name; });
}

}  // namespace

std::span<const HostTool> host_tools() { return kTools; }

std::string_view stand_in_of(std::string_view tool) {
  return tool == "profile" ? "profile_user" : "";
}

std::string focus_problem(std::string_view word) {
  if (std::find(kFocusWords.begin(), kFocusWords.end(), word) != kFocusWords.end()) return "";
  return "there is no category " + in_quotes(word) + "; there are " +
         joined({kFocusWords.begin(), kFocusWords.end()});
}

std::string tool_problem(const HostProfile& profile,
                         const std::vector<CollectorResult>& collectors) {
  const bool is_one_lost =
      std::any_of(collectors.begin(), collectors.end(), [](const CollectorResult& collector) {
        return collector.status != CollectorStatus::ok && collector.parts.empty();
      });
  if (is_one_lost) return "";
  const std::vector<std::string> names = tool_names(collectors);
  for (const std::string& tool : profile.tools) {
    if (std::find(names.begin(), names.end(), tool) != names.end()) continue;
    const std::string place = profile.tools_at.empty() ? "" : profile.tools_at + ": ";
    return place + "'tools': no collector here has a tool " + in_quotes(tool) + "; there are " +
           joined(names);
  }
  return "";
}

const std::vector<HostProfile>& built_in_profiles() {
  using std::chrono::seconds;
  static const std::vector<HostProfile> profiles = {
      {.name = "quick", .duration = seconds(10), .timeout = seconds(30), .tools = {}, .focus = {}},
      {.name = "standard",
       .duration = seconds(30),
       .timeout = seconds(90),
       .tools = {"runqlat", "biolatency", "tcpconnlat", "tcpretrans"},
       .focus = {}},
      {.name = "deep",
       .duration = seconds(60),
       .timeout = seconds(180),
       .tools = {"runqlat", "runqlen", "biolatency", "biosnoop", "tcpconnlat", "tcpretrans",
                 "tcprtt", "profile", "offcputime", "cachestat", "execsnoop"},
       .focus = {"stacks", "all"}}};
  return profiles;
}

Result<HostProfile> find_profile(std::string_view name, const std::vector<HostProfile>& own) {
  std::string known;
  for (const std::vector<HostProfile>* profiles : {&own, &built_in_profiles()}) {
    for (const HostProfile& profile : *profiles) {
      if (profile.name == name) return profile;
      const bool is_own_again = profiles != &own && is_named(own, profile.name);
      if (!is_own_again) known += (known.empty() ? "" : ", ") + profile.name;
    }
  }
  return Error{Errc::config, "there is no profile " + in_quotes(name) + "; there are " + known};
}

HostProfile with_duration(HostProfile profile, Milliseconds duration) {
  profile.timeout += duration - profile.duration;
  profile.duration = duration;
  return profile;
}

bool runs(const HostProfile& profile, const CollectorPart& part) {
  if (part.tier <= 1) return true;
  const bool named = std::any_of(
      profile.tools.begin(), profile.tools.end(),
      [&](const std::string& tool) { return tool == part.name || stand_in_of(tool) == part.name; });
  return named && is_in_focus(profile, part.category);
}

}  // namespace melisai
