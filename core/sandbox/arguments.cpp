#include "core/sandbox/arguments.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "core/base/exec_protocol.h"

namespace melisai::sandbox {
namespace {

using Arguments = std::vector<std::string>;

/// Of users: not there, and never written by strangers.
constexpr std::string_view kCaches[] = {"CCACHE_DIR", "CARGO_HOME",       "GOPATH",
                                        "GOCACHE",    "npm_config_cache", "MELISAI_MACHINE_LOCK"};
constexpr std::string_view kProxies[] = {"http_proxy", "https_proxy", "no_proxy",
                                         "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"};

/// A proxy may be used by strangers where there is a network for them, its password may not be
/// theirs. Passwords can hold '/' and '@', host names cannot.
std::string without_credentials(const std::string& variable) {
  const std::size_t value = variable.find('=') + 1;
  const std::size_t scheme = variable.find("://", value);
  const std::size_t start = scheme == std::string::npos ? value : scheme + 3;
  const std::size_t at = variable.rfind('@');
  if (at == std::string::npos || at < start) return variable;
  return variable.substr(0, start) + variable.substr(at + 1);
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void add(Arguments& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

/// Memory that commands could fill. What covers something only has to hold what is shown in it.
constexpr const char* kCoverBytes = "1048576";
constexpr const char* kSharedMemoryBytes = "1073741824";

void cover(const Binaries& binaries, const std::string& path, Arguments& arguments) {
  if (binaries.can_forbid_namespaces) add(arguments, {"--size", kCoverBytes});
  add(arguments, {"--tmpfs", path});
}

/// /dev itself is a folder in memory too, and nobody has to make files in it.
void add_devices(const Binaries& binaries, Arguments& arguments) {
  add(arguments, {"--dev", "/dev"});
  if (binaries.can_forbid_namespaces)
    add(arguments, {"--perms", "1777", "--size", kSharedMemoryBytes, "--tmpfs", "/dev/shm"});
  add(arguments, {"--remount-ro", "/dev"});
}

/// Where `hidden` is seen when `visible` is shown; "": nowhere. By where both lead to: a link on
/// either way shows the same files under another name, and cannot be covered itself.
std::string sight_of(const std::string& hidden, const std::string& visible, const Layout& layout) {
  const auto what = layout.real.find(hidden);
  if (what == layout.real.end() || what->second.path == "/") return "";
  const auto shown = layout.real.find(visible);
  const std::string& top = shown == layout.real.end() ? visible : shown->second.path;
  if (!is_below(what->second.path, top)) return "";
  const std::string rest =
      what->second.path.substr(top.ends_with('/') ? top.size() - 1 : top.size());
  return visible.ends_with('/') ? visible.substr(0, visible.size() - 1) + rest : visible + rest;
}

/// Covers what lies in `visible`. Elsewhere there is nothing to cover, and nowhere to do it.
void hide(const Binaries& binaries, const Arguments& hidden, const Arguments& visible,
          const Layout& layout, Arguments& arguments) {
  std::map<std::string, bool> sights;  // whether it is a folder; those come before what is in them
  for (const std::string& path : hidden)
    for (const std::string& each : visible)
      if (const std::string sight = sight_of(path, each, layout); !sight.empty())
        sights[sight] = layout.real.at(path).is_directory;
  std::string covered;
  for (const auto& [sight, is_directory] : sights) {
    if (!covered.empty() && is_below(sight, covered)) continue;
    if (is_directory)
      cover(binaries, covered = sight, arguments);
    else
      add(arguments, {"--ro-bind", "/dev/null", sight});
  }
}

void add_secrets(const Binaries& binaries, const Layout& layout, Arguments& arguments) {
  for (const std::string& path : layout.secret_directories) cover(binaries, path, arguments);
  for (const std::string& path : layout.secret_files)
    add(arguments, {"--ro-bind", "/dev/null", path});
}

}  // namespace

bool is_below(const std::string& path, const std::string& directory) {
  const std::string start = directory.ends_with('/') ? directory : directory + "/";
  return path == directory || path.starts_with(start);
}

Arguments common_arguments(const Binaries& binaries, const Layout& layout, const Policy& policy,
                           const std::string& tmp) {
  Arguments arguments{binaries.bwrap,      "--unshare-user",
                      "--unshare-pid",     "--unshare-ipc",
                      "--unshare-uts",     "--unshare-cgroup-try",
                      "--die-with-parent", "--new-session",
                      "--cap-drop",        "ALL",
                      "--hostname",        "sandbox"};
  if (!policy.network) add(arguments, {"--unshare-net"});
  if (binaries.can_forbid_namespaces) add(arguments, {"--disable-userns"});
  Arguments system;
  for (const SystemPath& each : layout.system) {
    if (each.link.empty())
      add(arguments, {"--ro-bind", each.path, each.path});
    else
      add(arguments, {"--symlink", each.link, each.path});
    if (each.link.empty()) system.push_back(each.path);
  }
  hide(binaries, policy.hidden, system, layout, arguments);
  add(arguments, {"--bind", tmp, kTmp});
  for (const std::string& path : policy.paths) add(arguments, {"--ro-bind", path, path});
  hide(binaries, policy.hidden, policy.paths, layout, arguments);
  add_secrets(binaries, layout, arguments);
  if (policy.network && !layout.resolver.empty())
    add(arguments, {"--ro-bind", layout.resolver, layout.resolver});
  add(arguments, {"--proc", "/proc"});
  for (const std::string& path : layout.proc_directories) add(arguments, {"--ro-bind", path, path});
  for (const std::string& path : layout.proc_files)
    add(arguments, {"--ro-bind", "/dev/null", path});
  add_devices(binaries, arguments);
  add(arguments, {"--ro-bind", binaries.exec, kInsideProgram, "--chdir", "/"});
  return arguments;
}

Arguments arguments_for(const Place& place) {
  Arguments arguments{"--bind", place.home, kHome};
  for (const std::string& path : place.writable) add(arguments, {"--bind", path, path});
  // The root itself, and what was made there to hold all this.
  add(arguments, {"--remount-ro", "/"});
  return arguments;
}

Arguments environment_for(const Arguments& environment, const Policy& policy, const Place& place) {
  Arguments result;
  std::string tmp = kTmp;
  for (const std::string& variable : environment) {
    const std::string_view name = std::string_view(variable).substr(0, variable.find('='));
    if (contains(kCaches, name) || name == "HOME") continue;
    if (contains(kProxies, name)) {
      if (policy.network) result.push_back(without_credentials(variable));
      continue;
    }
    if (name == "TMPDIR") {
      const std::string value = variable.substr(std::min(name.size() + 1, variable.size()));
      if (std::any_of(place.writable.begin(), place.writable.end(),
                      [&](const std::string& path) { return is_below(value, path); }))
        tmp = value;
      continue;
    }
    result.push_back(variable);
  }
  add(result, {std::string("HOME=") + kHome, "TMPDIR=" + tmp});
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace melisai::sandbox
