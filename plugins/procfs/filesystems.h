// The mounted file systems that hold files, and how full they are. A file system behind a network
// is named and not asked: a server that is gone would hold the asker for ever.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {

struct Mount {
  std::string number;  // "8:1": mounts of one file system share it
  std::string path;
  std::string type;
  std::string device;
};

/// Of /proc/<pid>/mountinfo, with octal escapes undone: one per file system that is no pseudo one,
/// at its shortest path.
std::vector<Mount> parse_mounts(std::string_view mountinfo);

/// May `mount` be asked how full it is? Its own type and all that lie on the way to it are local.
bool may_ask(const Mount& mount, const std::vector<Mount>& all);

/// system_info's filesystems; `ask` false leaves sizes out.
Json filesystems(std::string_view mountinfo, bool ask);

}  // namespace melisai::plugins::procfs
