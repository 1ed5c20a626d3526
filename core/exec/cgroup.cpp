#include "core/exec/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/exec/clock.h"
#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

constexpr int kDepthMax = 16;  // of cgroups that a workload made below its own

// Appends "/name" to a path for the time of one call.
struct Inside {
  char text[kCgroupPathMax + 256];
  Inside(const char* directory, const char* name) {
    std::snprintf(text, sizeof text, "%s/%s", directory, name);
  }
};

// Children first: a workload may have made cgroups of its own.
bool remove_tree(const char* path, int depth) {
  if (rmdir(path) == 0 || errno == ENOENT) return true;
  if (depth == 0) return false;
  DIR* directory = opendir(path);
  if (directory == nullptr) return false;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    remove_tree(Inside(path, entry->d_name).text, depth - 1);
  }
  closedir(directory);
  return rmdir(path) == 0;
}

}  // namespace

Cgroup::~Cgroup() {
  if (procs_fd_ >= 0) close(procs_fd_);
  if (fd_ >= 0) close(fd_);
}

// Limits need a parent that has given its controllers to its children, which no cgroup with
// processes of its own can: one above ours, when we may make something there and move into it, for
// which the kernel asks whether we may write to the cgroup.procs of what is above both places.
bool Cgroup::create_with(const char* controller, const char* name) {
  static CgroupPlace place;
  if (!find_own_cgroup(nullptr, place)) return false;
  for (char* end = place.path + std::strlen(place.path); end != nullptr;) {
    *end = '\0';
    if (cgroup_file_has_word(place.path, "cgroup.subtree_control", controller) &&
        access(Inside(place.path, "cgroup.procs").text, W_OK) == 0 && create_in(place.path, name))
      return true;
    end = std::strlen(place.path) > place.top ? std::strrchr(place.path, '/') : nullptr;
  }
  return false;
}

bool Cgroup::create(const char* name) {
  static CgroupPlace own;
  return find_own_cgroup(nullptr, own) && create_in(own.path, name);
}

bool Cgroup::create_in(const char* parent, const char* name) {
  if (!make_cgroup(parent, name, path_)) return false;
  procs_fd_ = open_procs(path_);
  if (procs_fd_ < 0) {
    rmdir(path_);
    path_[0] = '\0';
    return false;
  }
  fd_ = open(path_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Pressure accounting in a cgroup of its own slows switch-heavy workloads. Missing before
  // Linux 6.1 or with psi=0.
  write_cgroup_file(path_, "cgroup.pressure", "0");
  return true;
}

int Cgroup::count(pid_t except) const {
  NumberReader pids(Inside(path_, "cgroup.procs").text);
  int found = 0;
  for (pid_t pid = 0; pids.next(pid);) found += pid != except ? 1 : 0;
  return found;
}

void Cgroup::list(PidList& pids) const {
  NumberReader procs(Inside(path_, "cgroup.procs").text);
  for (pid_t pid = 0; procs.next(pid);) pids.add(pid);
}

void Cgroup::kill_all() const {
  // Missing before Linux 5.14; the caller repeats until the cgroup is empty.
  if (write_cgroup_file(path_, "cgroup.kill", "1")) return;
  NumberReader procs(Inside(path_, "cgroup.procs").text);
  for (pid_t pid = 0; procs.next(pid);) {
    if (pid > 0) kill(pid, SIGKILL);  // 0 stands for a process outside our pid namespace
  }
}

void Cgroup::remove(std::int64_t deadline_ns) {
  if (path_[0] == '\0') return;
  while (!remove_tree(path_, kDepthMax) && monotonic_ns() < deadline_ns) {
    kill_all();
    sleep_ns(1'000'000);
  }
  path_[0] = '\0';
}

}  // namespace melisai::exec
