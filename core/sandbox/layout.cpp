#include "core/sandbox/layout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/text.h"

namespace melisai::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSystem[] = {"/usr",    "/bin", "/sbin", "/lib",       "/lib32",    "/lib64",
                                   "/libx32", "/etc", "/opt",  "/nix/store", "/gnu/store"};
/// A benchmark asks how many CPUs there are and how large their caches.
constexpr const char* kCpus = "/sys/devices/system";

/// Where the user who is root outside may write without any capability:
/// /proc/sys/kernel/core_pattern names a program that the kernel starts as root. Bubblewrap looks
/// at the folders only, which nobody may write to.
constexpr const char* kProcDirectories[] = {"/proc/sys",    "/proc/irq",  "/proc/bus",
                                            "/proc/fs",     "/proc/acpi", "/proc/scsi",
                                            "/proc/driver", "/proc/tty",  "/proc/pressure"};
/// Files of the same kind, and those that show more than a process's own.
constexpr const char* kProcFiles[] = {
    "/proc/sysrq-trigger", "/proc/kcore",      "/proc/keys",        "/proc/key-users",
    "/proc/kpagecount",    "/proc/kpageflags", "/proc/kpagecgroup", "/proc/slabinfo",
    "/proc/vmallocinfo",   "/proc/timer_list", "/proc/sched_debug", "/proc/kallsyms",
    "/proc/mtrr",          "/proc/iomem",      "/proc/ioports"};

constexpr int kEntriesMax = 100'000;
constexpr std::size_t kSecretsMax = 2'000;

/// What only its owner or its group may read is none of a stranger's business, also when this
/// program runs as that owner.
Result<void> find_secrets(const std::string& root, const std::string& top, Layout& layout) {
  std::error_code error;
  fs::recursive_directory_iterator entry(root + top, fs::directory_options::skip_permission_denied,
                                         error),
      end;
  for (int count = 0; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (lstat(entry->path().c_str(), &status) != 0) continue;
    const std::string path = entry->path().string().substr(root.size());
    const bool is_directory = S_ISDIR(status.st_mode);
    const mode_t needed = is_directory ? S_IROTH | S_IXOTH : S_IROTH;
    if (!S_ISLNK(status.st_mode) && (status.st_mode & needed) != needed) {
      (is_directory ? layout.secret_directories : layout.secret_files).push_back(path);
      if (is_directory) entry.disable_recursion_pending();
    }
    if (++count > kEntriesMax ||
        layout.secret_directories.size() + layout.secret_files.size() > kSecretsMax)
      return Error{Errc::limit,
                   top + " has too many files to find those that are not for everybody"};
  }
  if (error) return Error{Errc::io, "cannot look through " + top + ": " + error.message()};
  return {};
}

std::string resolver_of(const std::string& root) {
  std::error_code error;
  const std::string real = fs::canonical(root + "/etc/resolv.conf", error).string();
  if (error) return "";
  const std::string top = root.empty() ? "" : fs::canonical(root, error).string();
  if (error || !real.starts_with(top)) return "";
  const std::string path = real.substr(top.size());
  return path.starts_with("/etc/") || path.starts_with("/usr/") ? "" : path;
}

}  // namespace

RealPaths real_paths(const std::vector<std::string>& paths) {
  RealPaths real;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::path found = fs::canonical(path, error);
    if (!error)
      real[path] = {.path = found.string(), .is_directory = fs::is_directory(found, error)};
  }
  return real;
}

Result<Layout> read_layout(const std::string& root) {
  Layout layout;
  for (const char* path : kSystem) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(root + path, error);
    if (fs::is_directory(status)) layout.system.push_back({path, ""});
    if (fs::is_symlink(status))
      layout.system.push_back({path, fs::read_symlink(root + path, error).string()});
  }
  if (access((root + kCpus).c_str(), F_OK) == 0) layout.system.push_back({kCpus, ""});
  for (const char* path : kProcFiles)
    if (access((root + path).c_str(), F_OK) == 0) layout.proc_files.emplace_back(path);
  for (const char* path : kProcDirectories)
    if (access((root + path).c_str(), F_OK) == 0) layout.proc_directories.emplace_back(path);
  layout.resolver = resolver_of(root);
  MELISAI_CHECK(find_secrets(root, "/etc", layout));
  return layout;
}

}  // namespace melisai::sandbox
