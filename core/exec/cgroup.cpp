#include "core/exec/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/exec/clock.h"
#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

constexpr int kDepthMax = 16;  // of cgroups that a workload made below its own

// Our own cgroup v2 as it is named in /proc/self/cgroup: "0::/user.slice/x".
bool own_cgroup(char (&name)[kCgroupPathMax]) {
  LineReader lines("/proc/self/cgroup");
  while (const char* line = lines.next()) {
    if (std::strncmp(line, "0::/", 4) != 0 || std::strlen(line) >= sizeof name) continue;
    std::memcpy(name, line + 3, std::strlen(line + 3) + 1);
    // Outside our cgroup namespace: the mounted tree does not show it.
    return std::strstr(name, "/..") == nullptr;
  }
  return false;
}

// Fields of mountinfo write blanks, tabs, newlines and backslashes as \ooo.
void unescape_octal(char* text) {
  const auto octal = [](char digit) { return digit >= '0' && digit <= '7'; };
  char* to = text;
  for (const char* from = text; *from != '\0';) {
    if (from[0] == '\\' && octal(from[1]) && octal(from[2]) && octal(from[3])) {
      *to++ = static_cast<char>((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

struct Mount {
  char root[kCgroupPathMax];   // which part of the hierarchy is mounted
  char point[kCgroupPathMax];  // where
};

// The first cgroup2 file system of /proc/self/mountinfo: the only one in unified mode, beside the
// v1 trees in hybrid mode.
bool find_mount(Mount& mount) {
  LineReader lines("/proc/self/mountinfo");
  while (char* line = lines.next()) {
    const char* separator = std::strstr(line, " - ");
    if (separator == nullptr || std::strncmp(separator, " - cgroup2 ", 11) != 0) continue;
    if (std::sscanf(line, "%*s %*s %*s %4095s %4095s", mount.root, mount.point) != 2) continue;
    unescape_octal(mount.root);
    unescape_octal(mount.point);
    return true;
  }
  return false;
}

// The directory of our own cgroup.
bool own_directory(char (&path)[kCgroupPathMax]) {
  static char name[kCgroupPathMax];
  static Mount mount;
  if (!own_cgroup(name) || !find_mount(mount)) return false;
  const char* below = name;
  if (std::strcmp(mount.root, "/") != 0) {
    const std::size_t size = std::strlen(mount.root);
    if (std::strncmp(name, mount.root, size) != 0) return false;
    if (name[size] != '/' && name[size] != '\0') return false;
    below = name + size;
  }
  if (std::strcmp(below, "/") == 0) below = "";
  const int size = std::snprintf(path, sizeof path, "%s%s", mount.point, below);
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof path) return false;
  // The path is reported in JSON, and nobody names a cgroup like that.
  for (const char* at = path; *at != '\0'; ++at) {
    if (*at < ' ' || *at > '~' || *at == '"') return false;
  }
  return true;
}

// Appends "/name" to a path for the time of one call.
struct Inside {
  char text[kCgroupPathMax + 256];
  Inside(const char* directory, const char* name) {
    std::snprintf(text, sizeof text, "%s/%s", directory, name);
  }
};

bool write_text(const char* directory, const char* name, const char* text) {
  const int fd = open(Inside(directory, name).text, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text, std::strlen(text)) > 0;
  close(fd);
  return written;
}

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
}

bool Cgroup::create() {
  static char own[kCgroupPathMax];
  if (!own_directory(own)) return false;
  const int size = std::snprintf(path_, sizeof path_, "%s/melisai-gate-%d-%llx", own, getpid(),
                                 static_cast<unsigned long long>(monotonic_ns()));
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof path_ || mkdir(path_, 0755) != 0) {
    path_[0] = '\0';
    return false;
  }
  procs_fd_ = open(Inside(path_, "cgroup.procs").text, O_WRONLY | O_CLOEXEC);
  if (procs_fd_ < 0) {
    rmdir(path_);
    path_[0] = '\0';
    return false;
  }
  // Pressure accounting in a cgroup of its own slows switch-heavy workloads. Missing before
  // Linux 6.1 or with psi=0.
  write_text(path_, "cgroup.pressure", "0");
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
  if (write_text(path_, "cgroup.kill", "1")) return;
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
