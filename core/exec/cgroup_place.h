// Where our own cgroups are, in the v2 tree and in the tree of each v1 controller.
#pragma once

#include <cstddef>

namespace melisai::exec {

constexpr int kCgroupPathMax = 4096;

struct CgroupPlace {
  char path[kCgroupPathMax] = "";  // directory of our own cgroup; printable ASCII
  std::size_t top = 0;             // how much of it is the mount point
};

/// Of the v1 tree that has this controller; nullptr: of cgroup v2. False where there is none, or
/// where what is mounted does not show our own.
bool find_own_cgroup(const char* controller, CgroupPlace& place);

/// Makes `directory`/`name` into `path`. False, with "" in it, when it cannot be made.
bool make_cgroup(const char* directory, const char* name, char (&path)[kCgroupPathMax]);

/// Opens its cgroup.procs: a process that writes "0" there joins. -1 when we may not.
int open_procs(const char* cgroup);

bool write_cgroup_file(const char* cgroup, const char* name, const char* text);

/// A number in a file of lines "name number", or the only one of a file (`name` nullptr); -1 when
/// it is not there.
long long read_cgroup_number(const char* cgroup, const char* file, const char* name);

/// Whether a list of words with blanks between has this one: cgroup.subtree_control.
bool cgroup_file_has_word(const char* cgroup, const char* file, const char* word);

}  // namespace melisai::exec
