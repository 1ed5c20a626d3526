#include "core/model/host_profile.h"

#include <algorithm>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::string_view kAll = "all";

bool is_in_focus(const HostProfile& profile, std::string_view category) {
  if (profile.focus.empty()) return true;
  return std::any_of(profile.focus.begin(), profile.focus.end(), [&](const std::string& word) {
    return word == kAll || word == category || (word == "stacks" && category == "stacktrace");
  });
}

bool is_named(const std::vector<HostProfile>& profiles, std::string_view name) {
  return std::any_of(profiles.begin(), profiles.end(),
                     [&](const HostProfile& profile) { return profile.name == name; });
}

}  // namespace

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
  const bool named =
      std::find(profile.tools.begin(), profile.tools.end(), part.name) != profile.tools.end();
  return named && is_in_focus(profile, part.category);
}

}  // namespace melisai
