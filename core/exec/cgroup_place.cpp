#include "core/exec/cgroup_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

// Whether `list` has `word` between separators or ends.
bool has_word(const char* list, std::size_t size, const char* word, const char* separators) {
  const std::size_t wanted = std::strlen(word);
  for (std::size_t at = 0; at < size;) {
    std::size_t length = 0;
    while (at + length < size && std::strchr(separators, list[at + length]) == nullptr) ++length;
    if (length == wanted && std::strncmp(list + at, word, wanted) == 0) return true;
    at += length + 1;
  }
  return false;
}

// Our own cgroup as /proc/self/cgroup names it: "0::/user.slice/x" or "4:cpu,cpuacct:/x".
bool own_name(const char* controller, char (&name)[kCgroupPathMax]) {
  LineReader lines("/proc/self/cgroup");
  while (const char* line = lines.next()) {
    const char* controllers = std::strchr(line, ':');
    const char* path = controllers == nullptr ? nullptr : std::strchr(++controllers, ':');
    if (path == nullptr || path[1] != '/' || std::strlen(path) >= sizeof name) continue;
    const auto size = static_cast<std::size_t>(path - controllers);
    if (controller == nullptr ? size != 0 : !has_word(controllers, size, controller, ",")) continue;
    std::memcpy(name, path + 1, std::strlen(path + 1) + 1);
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

// " - cgroup2 cgroup2 rw", " - cgroup cgroup rw,cpu,cpuacct": what follows the fields of the mount.
bool is_tree_of(const char* type, const char* controller) {
  if (controller == nullptr) return std::strncmp(type, " - cgroup2 ", 11) == 0;
  if (std::strncmp(type, " - cgroup ", 10) != 0) return false;
  const char* options = std::strrchr(type, ' ') + 1;
  return has_word(options, std::strlen(options), controller, ",");
}

// The first such file system of /proc/self/mountinfo. There is one cgroup2: all in unified mode,
// beside the v1 trees in hybrid mode.
bool find_mount(const char* controller, Mount& mount) {
  LineReader lines("/proc/self/mountinfo");
  while (char* line = lines.next()) {
    const char* separator = std::strstr(line, " - ");
    if (separator == nullptr || !is_tree_of(separator, controller)) continue;
    if (std::sscanf(line, "%*s %*s %*s %4095s %4095s", mount.root, mount.point) != 2) continue;
    unescape_octal(mount.root);
    unescape_octal(mount.point);
    return true;
  }
  return false;
}

// Appends "/name" to a path for the time of one call.
struct Inside {
  char text[kCgroupPathMax + 256];
  Inside(const char* directory, const char* name) {
    std::snprintf(text, sizeof text, "%s/%s", directory, name);
  }
};

}  // namespace

bool find_own_cgroup(const char* controller, CgroupPlace& place) {
  static char name[kCgroupPathMax];
  static Mount mount;
  if (!own_name(controller, name) || !find_mount(controller, mount)) return false;
  const char* below = name;
  if (std::strcmp(mount.root, "/") != 0) {
    const std::size_t size = std::strlen(mount.root);
    if (std::strncmp(name, mount.root, size) != 0) return false;
    if (name[size] != '/' && name[size] != '\0') return false;
    below = name + size;
  }
  if (std::strcmp(below, "/") == 0) below = "";
  const int size = std::snprintf(place.path, sizeof place.path, "%s%s", mount.point, below);
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof place.path) return false;
  place.top = std::strlen(mount.point);
  // The path is reported in JSON, and nobody names a cgroup like that.
  for (const char* at = place.path; *at != '\0'; ++at) {
    if (*at < ' ' || *at > '~' || *at == '"') return false;
  }
  return true;
}

bool make_cgroup(const char* directory, const char* name, char (&path)[kCgroupPathMax]) {
  const int size = std::snprintf(path, sizeof path, "%s/%s", directory, name);
  const bool fits = size > 0 && static_cast<std::size_t>(size) < sizeof path;
  if (fits && mkdir(path, 0755) == 0) return true;
  path[0] = '\0';
  return false;
}

int open_procs(const char* cgroup) {
  return open(Inside(cgroup, "cgroup.procs").text, O_WRONLY | O_CLOEXEC);
}

bool write_cgroup_file(const char* cgroup, const char* name, const char* text) {
  const int fd = open(Inside(cgroup, name).text, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text, std::strlen(text)) > 0;
  close(fd);
  return written;
}

long long read_cgroup_number(const char* cgroup, const char* file, const char* name) {
  LineReader lines(Inside(cgroup, file).text);
  while (const char* line = lines.next()) {
    if (name == nullptr) return std::strtoll(line, nullptr, 10);
    const std::size_t size = std::strlen(name);
    if (std::strncmp(line, name, size) == 0 && line[size] == ' ')
      return std::strtoll(line + size, nullptr, 10);
  }
  return -1;
}

bool cgroup_file_has_word(const char* cgroup, const char* file, const char* word) {
  char text[1024];
  const ssize_t size = read_text(Inside(cgroup, file).text, text, sizeof text);
  return size > 0 && has_word(text, static_cast<std::size_t>(size), word, " \n");
}

}  // namespace melisai::exec
