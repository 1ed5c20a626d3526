#include "core/collect/bpf_worker.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>

namespace melisai::collect {
namespace {

constexpr std::array kNeeded = {CAP_BPF, CAP_PERFMON};
constexpr std::uint64_t kNeededBits = std::uint64_t{1} << CAP_BPF | std::uint64_t{1} << CAP_PERFMON;

std::uint64_t permitted() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return 0;
  return std::uint64_t{sets[1].permitted} << 32 | sets[0].permitted;
}

template <class Holds>
bool all_hold(Holds holds) {
  for (const int number : kNeeded)
    if (!holds(number)) return false;
  return true;
}

/// What an ordinary program that this process starts has.
bool hands_on() {
  const bool is_root = geteuid() == 0 && (prctl(PR_GET_SECUREBITS) & SECBIT_NOROOT) == 0;
  if (is_root && (permitted() & kNeededBits) == kNeededBits) return true;
  return all_hold(
      [](int number) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1; });
}

/// As setcap cap_bpf,cap_perfmon=ep leaves it.
bool has_capabilities(const std::string& program) {
  vfs_ns_cap_data data{};
  const ssize_t size = getxattr(program.c_str(), "security.capability", &data, sizeof data);
  if (size < static_cast<ssize_t>(XATTR_CAPS_SZ_2)) return false;
  const std::uint64_t given = std::uint64_t{data.data[1].permitted} << 32 | data.data[0].permitted;
  return (data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE) != 0 && (given & kNeededBits) == kNeededBits;
}

std::string why_void(const std::string& program) {
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return "this process runs with no_new_privs";
  struct statvfs where {};
  if (statvfs(program.c_str(), &where) == 0 && (where.f_flag & ST_NOSUID) != 0)
    return program + " is on a file system that is mounted with nosuid";
  if (!all_hold([](int number) { return prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1; }))
    return "the bounding set of this process lacks CAP_BPF or CAP_PERFMON";
  return "";
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

std::string installed_ebpf() { return MELISAI_INSTALLED_EBPF; }

BpfWorker find_bpf_worker(const PluginPlaces& places) {
  BpfWorker found;
  const std::string program = places.worker + "-bpf";
  struct stat info {};
  if (stat(program.c_str(), &info) != 0 || stat(places.bpf_plugin.c_str(), &info) != 0)
    return found;
  found.program = program;
  found.needed = !hands_on();
  found.capable = has_capabilities(program);
  found.executable = access(program.c_str(), X_OK) == 0;
  found.void_reason = why_void(program);
  return found;
}

WorkerProgram worker_program(const Candidate& candidate, const PluginPlaces& places) {
  if (!candidate.program && is_same_file(candidate.file, places.bpf_plugin))
    if (const BpfWorker found = find_bpf_worker(places); found.usable())
      return {.path = found.program, .takes_file = false};
  return {.path = places.worker};
}

}  // namespace melisai::collect
