#include "core/serve/delegation.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string_view>

#include "core/base/fd.h"

namespace melisai::serve {
namespace {

constexpr const char* kTree = "/sys/fs/cgroup";
constexpr const char* kOwnChild = "/daemon";
constexpr std::string_view kOwnLine = "0::";

bool write_to(const std::string& file, std::string_view text) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.get() >= 0 &&
         write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string own_unified_cgroup() {
  struct statfs tree {};
  if (statfs(kTree, &tree) != 0 || tree.f_type != CGROUP2_SUPER_MAGIC) return "";
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(kOwnLine) && line.find("/..") == std::string::npos)
      return kTree + line.substr(kOwnLine.size());
  return "";
}

void make_room_for_limits(const std::string& cgroup) {
  if (cgroup.empty()) return;
  const std::string ours = std::to_string(getpid()) + "\n";
  if (text_of(cgroup + "/cgroup.procs") != ours) return;  // a shell, or a whole machine
  const std::string child = cgroup + kOwnChild;
  if (mkdir(child.c_str(), 0755) != 0 && errno != EEXIST) return;
  if (!write_to(child + "/cgroup.procs", ours)) return;
  for (const char* controller : {"+memory", "+pids", "+cpu"})
    (void)write_to(cgroup + "/cgroup.subtree_control", controller);
}

}  // namespace melisai::serve
