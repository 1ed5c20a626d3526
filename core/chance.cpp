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
  const auto has = [&](std::string_view part) { return path.find(part) != path.npos; };
  // Whoever writes a path in a roundabout way may mean any.
  if (has("//") || has("/./") || has("..")) return true;
  if (path.starts_with("/sys/devices/system/cpu/")) return false;
  if (path.starts_with('/')) path.remove_prefix(1);  // else of the root, for all we know
  for (const std::string_view tree : {"dev", "proc", "sys"})
    if (path == tree || (path.starts_with(tree) && path[tree.size()] == '/')) return true;
  return false;
}

/// Of "... ( 4294967196, 0x4034bb0(/etc/ld.so.cache), 524288 )": the path.
std::string_view path_in(std::string_view arguments) {
  const std::size_t begin = arguments.find('(', arguments.find('(') + 1);
  if (begin == std::string_view::npos) return {};
  return arguments.substr(begin + 1, arguments.find("), ", begin) - begin - 1);
}

/// Of "SYSCALL[123,1](318) sys_getrandom ( ...": from the name on, which valgrind begins with
/// "sys_" or not. "" for what is no call, for the end of one that begins above, and for one that
/// the kernel does not have.
std::string_view call_in(std::string_view line) {
  constexpr std::string_view kEndOfNumber = ") ";
  constexpr std::string_view kStart = "sys_";
  const std::size_t number_end = line.find(kEndOfNumber);
  if (!line.starts_with("SYSCALL[") || number_end == std::string_view::npos) return {};
  std::string_view call = line.substr(number_end + kEndOfNumber.size());
  if (call.starts_with("...") || call.starts_with("unimplemented ")) return {};
  if (call.starts_with(kStart)) call.remove_prefix(kStart.size());
  return call;
}

/// Valgrind escapes what a shell takes off.
std::string without_quoting(std::string_view text) {
  std::string bare;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\\' && c != '"' && c != '\'') bare += c;
  return bare;
}

/// Whether that is what `line` starts, and nothing that was decided on the way: a program that
/// becomes another one takes what it noted with it, be it a shell that has put its own number into
/// the line.
bool is_command_of(std::string_view noted, const RunLine& line) {
  const std::string command = without_quoting(noted);
  std::string whole;
  for (const std::string& word : argv_of(line)) whole += without_quoting(word);
  if (command == whole) return true;
  const std::string& shell = line.shell;
  for (const char* const of_machine : {"/dev/", "/proc/", "/sys/"})
    if (shell.find(of_machine, std::min(shell.find('<'), shell.size())) != std::string::npos)
      return false;
  const std::string simple = without_quoting(shell.substr(0, shell.find_first_of("<>")));
  // The shell has found it on its PATH.
  return !simple.empty() && (command == simple || command.ends_with("/" + simple));
}

/// Of "==123== Command: ./work a".
std::string_view command_in(std::string_view notes) {
  constexpr std::string_view kCommand = "== Command: ";
  const std::size_t at = notes.find(kCommand);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + kCommand.size();
  return notes.substr(begin, notes.find('\n', begin) - begin);
}

/// The first malloc of Debian's C library asks for these eight bytes, as a mark of its lists.
bool is_of_malloc(std::string_view arguments) { return arguments.find(", 8, 1 )") < 40; }

}  // namespace

std::vector<std::string> with_calls_noted(std::vector<std::string> valgrind_command) {
  valgrind_command.emplace_back("--trace-syscalls=yes");
  valgrind_command.emplace_back("--verbose");  // takes --quiet back: the command is noted, too
  valgrind_command.push_back("--log-file={dir%%}/" + std::string(kNotes) + "%p");
  return valgrind_command;
}

// "SYSCALL[123,1](318) sys_getrandom ( 0x4c5c478, 8, 1 )[sync] --> Success(0x8)"
std::string chance_in(std::string_view notes) {
  bool has_marked = false;
  for (std::size_t at = 0; at < notes.size();) {
    const std::size_t end = std::min(notes.find('\n', at), notes.size());
    const std::string_view call = call_in(notes.substr(at, end - at));
    at = end + 1;
    if (call.empty()) continue;
    const std::string_view name = call.substr(0, call.find_first_of(" ("));
    const std::string_view arguments = call.substr(name.size());
    if (name == "getrandom" && !has_marked && is_of_malloc(arguments)) {
      has_marked = true;
      continue;
    }
    if (!is_plain(name)) return name.empty() ? "a call without a name" : std::string(name);
    if (is_of_machine(path_in(arguments))) return std::string(path_in(arguments));
  }
  return "";
}

Result<std::string> chance_of_run(const std::string& directory, const RunLine& line) {
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
    if (!is_command_of(command_in(*notes), line)) return std::string("another program before it");
    if (std::string chance = chance_in(*notes); !chance.empty()) return chance;
  }
  if (error) return Error{Errc::io, "cannot read " + directory + ": " + error.message()};
  return processes > 0 ? std::string() : std::string("valgrind noted no system calls");
}

}  // namespace melisai
