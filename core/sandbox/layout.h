// What is where on this machine, as far as a sandbox must know. Private to core/sandbox.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace melisai::sandbox {

struct SystemPath {
  std::string path;
  std::string link;  ///< its text when it is a link, as /bin is where it belongs to /usr
};

/// Where a path leads to.
struct RealPath {
  std::string path;
  bool is_directory = true;
};
/// Of those that exist.
using RealPaths = std::map<std::string, RealPath>;
RealPaths real_paths(const std::vector<std::string>& paths);

struct Layout {
  std::vector<SystemPath> system;               ///< folders that programs and compilers need
  std::vector<std::string> secret_directories;  ///< in /etc, and not for everybody's eyes
  std::vector<std::string> secret_files;
  std::vector<std::string> proc_directories;  ///< to be read only
  std::vector<std::string> proc_files;        ///< below /proc; for the eyes of root
  std::string resolver;  ///< where /etc/resolv.conf leads to outside the system's folders; "": not
  RealPaths real;        ///< of `system`, and of what a policy shows and hides
};

/// `root`: "" is the live system. Errors: limit, when /etc is too large to be looked through; io.
Result<Layout> read_layout(const std::string& root);

}  // namespace melisai::sandbox
