#include "core/serve/default_branch.h"

#include <algorithm>

namespace melisai::serve {

std::string default_branch(const WatchedProject& project, const std::vector<RemoteRef>& refs) {
  std::vector<std::string> names;
  for (const std::string& pattern : project.branches)
    if (pattern.find_first_of("*?") == std::string::npos) names.push_back(pattern);
  for (const char* usual : {"main", "master", "trunk", "develop"}) names.emplace_back(usual);
  for (const std::string& name : names) {
    const std::string full = name.starts_with("refs/") ? name : "refs/heads/" + name;
    if (std::any_of(refs.begin(), refs.end(),
                    [&](const RemoteRef& ref) { return ref.name == full; }))
      return full;
  }
  return "";
}

}  // namespace melisai::serve
