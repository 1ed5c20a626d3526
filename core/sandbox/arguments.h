// The command line of bubblewrap, as a function of the machine and the policy. Pure. Private to
// core/sandbox.
#pragma once

#include <string>
#include <vector>

#include "core/sandbox/layout.h"
#include "core/sandbox/sandbox.h"

namespace melisai::sandbox {

/// Where private folders appear. Their paths are the same for every command: the length of a
/// variable reaches the memory layout of what is timed.
inline constexpr const char* kHome = "/melisai-home";
inline constexpr const char* kTmp = "/tmp";

struct Binaries {
  std::string bwrap;                  ///< absolute
  std::string exec;                   ///< absolute
  bool can_forbid_namespaces = true;  ///< bubblewrap 0.8 and newer, which limits
                                      ///< folders in memory too
};

/// What is the same for all commands. Later arguments cover earlier ones, so that nothing below may
/// change places. `tmp`: absolute; becomes kTmp.
std::vector<std::string> common_arguments(const Binaries& binaries, const Layout& layout,
                                          const Policy& policy, const std::string& tmp);

struct Place {
  std::string home;                   ///< absolute; becomes kHome
  std::vector<std::string> writable;  ///< absolute; stays where it is
};
/// Follow the common ones.
std::vector<std::string> arguments_for(const Place& place);

/// Variables of a command: HOME and TMPDIR are private ones, caches of the user are not offered,
/// and proxies only where there is a network, without user and password.
std::vector<std::string> environment_for(const std::vector<std::string>& environment,
                                         const Policy& policy, const Place& place);

/// Of a runner's scratch directory: what its commands see as /tmp.
inline constexpr const char* kPrivateTmp = "/tmp";

/// Whether `path` is `directory` or below it. Both absolute.
bool is_below(const std::string& path, const std::string& directory);

}  // namespace melisai::sandbox
