#include "core/base/machine_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr mode_t kForEverybody = 0666;  // to wait at the door one has to be able to write
constexpr off_t kDoor = 0;
constexpr off_t kMark = 1;  // read-locked for a moment to learn the kernel's name of the file
constexpr int kParentsMax = 1000;  // a process table that changes while it is read may have circles
constexpr std::size_t kCommandMax = 200;

struct flock byte_lock(short type, off_t at) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  return lock;
}

// First without O_CREAT: in a directory like /run/lock the kernel forbids to create what is there
// and somebody else's (fs.protected_regular).
int open_file(const std::string& path) {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  for (int attempt = 0; attempt < 2; ++attempt) {
    int fd = open(path.c_str(), O_RDWR | kFlags);
    if (fd < 0 && errno == EACCES) fd = open(path.c_str(), O_RDONLY | kFlags);
    if (fd >= 0 || errno != ENOENT) return fd;
    fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | kFlags, kForEverybody);
    if (fd >= 0) (void)fchmod(fd, kForEverybody);  // whatever our umask says
    if (fd >= 0 || errno != EEXIST) return fd;     // else somebody was faster
  }
  return -1;
}

/// Whoever removes the file may make a new one: a lock on the old one protects nothing.
bool is_file_at(int fd, const std::string& path) {
  struct stat held {
  }, there{};
  return fstat(fd, &held) == 0 && lstat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

// "fe:00:10780673", as /proc/locks writes it. stat(2) tells another device on some file systems.
std::string kernel_name_of(int fd) {
  struct flock mark = byte_lock(F_RDLCK, kMark);
  if (fcntl(fd, F_OFD_SETLK, &mark) != 0) return "";
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  std::string name;
  for (std::string line; name.empty() && std::getline(info, line);) {
    if (line.find("OFDLCK") == std::string::npos) continue;
    std::array<char, 64> found{};
    // lock: 1: OFDLCK ADVISORY  READ -1 fe:00:10780673 1 1
    if (std::sscanf(line.c_str(), "lock: %*s %*s %*s %*s %*s %63s", found.data()) == 1)
      name = found.data();
  }
  mark.l_type = F_UNLCK;
  (void)fcntl(fd, F_OFD_SETLK, &mark);
  return name;
}

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // a name may hold anything
  pid_t parent = 0;
  if (name_end == std::string::npos ||
      std::sscanf(text.c_str() + name_end, ") %*c %d", &parent) != 1)
    return 0;
  return parent;
}

std::vector<pid_t> processes_above_us() {
  std::vector<pid_t> above;
  for (pid_t pid = getppid(); pid > 0 && above.size() < kParentsMax; pid = parent_of(pid))
    above.push_back(pid);
  return above;
}

}  // namespace

Result<MachineLock> MachineLock::open(const std::string& path) {
  Fd file(open_file(path));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0)
    return error_from_errno(errno, "cannot open the machine's lock " + in_quotes(path));
  if (!S_ISREG(status.st_mode))
    return Error{Errc::io, "the machine's lock " + in_quotes(path) + " is no regular file"};
  return MachineLock(path, std::move(file));
}

Result<bool> MachineLock::take(int how) {
  if (flock(file_.get(), how | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return false;
    return error_from_errno(errno, "cannot lock " + in_quotes(path_));
  }
  if (is_file_at(file_.get(), path_)) return true;
  MELISAI_TRY(MachineLock anew, open(path_));
  *this = std::move(anew);
  return false;
}

Result<bool> MachineLock::try_share() {
  release();
  if (is_door_closed()) return false;
  return take(LOCK_SH);
}

Result<bool> MachineLock::try_claim() {
  flock(file_.get(), LOCK_UN);
  if (!close_door()) return false;
  MELISAI_TRY(const bool taken, take(LOCK_EX));
  if (taken) open_door();
  return taken;
}

void MachineLock::release() {
  open_door();
  flock(file_.get(), LOCK_UN);
}

// Where the door does not work (a file that we may only read, an old kernel), luck decides who is
// next.
bool MachineLock::close_door() {
  struct flock door = byte_lock(F_WRLCK, kDoor);
  return fcntl(file_.get(), F_OFD_SETLK, &door) == 0 || (errno != EAGAIN && errno != EACCES);
}

void MachineLock::open_door() {
  struct flock door = byte_lock(F_UNLCK, kDoor);
  (void)fcntl(file_.get(), F_OFD_SETLK, &door);
}

bool MachineLock::is_door_closed() const {
  struct flock door = byte_lock(F_RDLCK, kDoor);
  return fcntl(file_.get(), F_OFD_GETLK, &door) == 0 && door.l_type != F_UNLCK;
}

std::vector<MachineLock::Holder> MachineLock::holders() const {
  std::vector<Holder> holders;
  const std::string name = kernel_name_of(file_.get());
  if (name.empty()) return holders;
  const std::vector<pid_t> above = processes_above_us();
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, file;
    Holder holder;
    // 1: FLOCK  ADVISORY  READ 15935 fe:00:10780673 0 EOF
    words >> number >> kind >> advisory >> access >> holder.pid >> file;
    if (kind != "FLOCK" || file != name || holder.pid == getpid()) continue;
    // The kernel tells one again when somebody locks another file between two reads.
    const bool is_told = std::any_of(holders.begin(), holders.end(),
                                     [&](const Holder& other) { return other.pid == holder.pid; });
    if (is_told) continue;
    holder.alone = access == "WRITE";
    holder.above_us = std::find(above.begin(), above.end(), holder.pid) != above.end();
    holders.push_back(holder);
  }
  return holders;
}

std::string command_line_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string text(kCommandMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return printable(text);
}

}  // namespace melisai
