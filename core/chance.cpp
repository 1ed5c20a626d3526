#include "core/chance.h"

#include <algorithm>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/units.h"

namespace melisai {
namespace {

constexpr std::string_view kNotes = "calls.";
constexpr Bytes kNotesMax = 8 << 20;  // of one process: about 80,000 calls
constexpr int kProcessesMax = 100;

// As valgrind names them. Files are thought to be the same in each run; /dev, /proc and /sys are
// not, see is_of_machine().
constexpr std::string_view kPlainCalls[] = {"access",
                                            "arch_prctl",
                                            "brk",
                                            "chdir",
                                            "close",
                                            "dup",
                                            "dup2",
                                            "dup3",
                                            "execve",
                                            "exit",
                                            "exit_group",
                                            "faccessat",
                                            "faccessat2",
                                            "fadvise64",
                                            "fchdir",
                                            "fcntl",
                                            "fsync",
                                            "ftruncate",
                                            "futex",
                                            "getcwd",
                                            "getdents64",
                                            "getegid",
                                            "geteuid",
                                            "getgid",
                                            "getrlimit",
                                            "getuid",
                                            "ioctl",
                                            "lseek",
                                            "madvise",
                                            "mkdir",
                                            "mmap",
                                            "mprotect",
                                            "mremap",
                                            "munmap",
                                            "newfstat",
                                            "newfstatat",
                                            "newlstat",
                                            "newstat",
                                            "newuname",
                                            "open",
                                            "openat",
                                            "pread64",
                                            "prlimit64",
                                            "pwrite64",
                                            "read",
                                            "readlink",
                                            "readlinkat",
                                            "readv",
                                            "rename",
                                            "rseq",
                                            "rt_sigaction",
                                            "rt_sigprocmask",
                                            "set_robust_list",
                                            "set_tid_address",
                                            "sigaltstack",
                                            "statx",
                                            "unlink",
                                            "unlinkat",
                                            "write",
                                            "writev"};

bool is_plain(std::string_view call) {
  return std::find(std::begin(kPlainCalls), std::end(kPlainCalls), call) != std::end(kPlainCalls);
}

/// A path of what the kernel, and not a disk, answers for; but for what any program's start reads.
bool is_of_machine(std::string_view path) {
  if (path == "/dev/null" || path == "/dev/zero" || path == "/dev/tty") return false;
  if (path.starts_with("/sys/devices/system/cpu/")) return false;
  return path.starts_with("/dev/") || path.starts_with("/proc/") || path.starts_with("/sys/");
}

/// Of "... ( 4294967196, 0x4034bb0(/etc/ld.so.cache), 524288 )": the path.
std::string_view path_in(std::string_view arguments) {
  const std::size_t begin = arguments.find("(/");
  if (begin == std::string_view::npos) return {};
  return arguments.substr(begin + 1, arguments.find("), ", begin) - begin - 1);
}

/// The first malloc of Debian's C library asks for these eight bytes, as a mark of its lists.
bool is_of_malloc(std::string_view arguments) { return arguments.find(", 8, 1 )") < 40; }

}  // namespace

std::vector<std::string> with_calls_noted(std::vector<std::string> valgrind_command) {
  valgrind_command.emplace_back("--trace-syscalls=yes");
  valgrind_command.push_back("--log-file={dir%%}/" + std::string(kNotes) + "%p");
  return valgrind_command;
}

// "SYSCALL[123,1](318) sys_getrandom ( 0x4c5c478, 8, 1 )[sync] --> Success(0x8)"
std::string chance_in(std::string_view notes) {
  constexpr std::string_view kCall = ") sys_";
  bool has_marked = false;
  for (std::size_t at = 0; at < notes.size();) {
    const std::size_t end = std::min(notes.find('\n', at), notes.size());
    const std::string_view line = notes.substr(at, end - at);
    at = end + 1;
    const std::size_t name_at = line.find(kCall);
    if (!line.starts_with("SYSCALL[") || name_at == std::string_view::npos) continue;
    const std::string_view rest = line.substr(name_at + kCall.size());
    const std::string_view name = rest.substr(0, rest.find(' '));
    const std::string_view arguments = rest.substr(name.size());
    if (name == "getrandom" && !has_marked && is_of_malloc(arguments)) {
      has_marked = true;
      continue;
    }
    if (!is_plain(name)) return std::string(name);
    if (is_of_machine(path_in(arguments))) return std::string(path_in(arguments));
  }
  return "";
}

Result<std::string> chance_of_run(const std::string& directory) {
  namespace fs = std::filesystem;
  int processes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(kNotes)) continue;
    if (++processes > kProcessesMax) return std::string("more than 100 processes");
    const Result<std::string> notes = read_file(entry->path().string(), kNotesMax);
    if (!notes && notes.error().code == Errc::limit) return std::string("too many system calls");
    if (!notes) return notes.error();
    if (std::string chance = chance_in(*notes); !chance.empty()) return chance;
  }
  if (error) return Error{Errc::io, "cannot read " + directory + ": " + error.message()};
  return processes > 0 ? std::string() : std::string("valgrind noted no system calls");
}

}  // namespace melisai
