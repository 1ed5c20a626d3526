// A process tree as a collector meets it: held before its program starts, then running, then ended
// with its root left as a zombie. The destructor kills the root and reaps it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace melisai::plugins {

class Pipe {
 public:
  Pipe() { valid_ = pipe2(ends_.data(), O_CLOEXEC) == 0; }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  bool valid() const { return valid_; }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_writer() { close_end(1); }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool valid_ = false;
};

class HeldTree {
 public:
  /// Forks; the child waits for release() and then executes argv with `kept` descriptors open.
  HeldTree(std::vector<std::string> argv, std::vector<int> kept = {}) {
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    root_ = fork();
    if (root_ != 0) return;
    char byte = 0;
    if (read(gate_.reader(), &byte, 1) != 1) _exit(126);
    for (const int fd : kept) fcntl(fd, F_SETFD, 0);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  HeldTree(const HeldTree&) = delete;
  HeldTree& operator=(const HeldTree&) = delete;
  ~HeldTree() {
    if (root_ <= 0) return;
    kill(root_, SIGKILL);
    waitpid(root_, nullptr, 0);
  }

  pid_t root() const { return root_; }
  bool release() const { return write(gate_.writer(), "g", 1) == 1; }

  /// Waits until the root is a zombie; false after half a minute.
  bool wait_for_end() const {
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, root_, 0));
    const bool ended = readable(pidfd);
    close(pidfd);
    return ended;
  }
  static bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, 30'000) == 1;
  }

 private:
  Pipe gate_;
  pid_t root_ = -1;
};

/// The workload of tree_probe.cpp.
class ProbeTree {
 public:
  explicit ProbeTree(const std::string& file)
      : tree_({MELISAI_TREE_PROBE, std::to_string(ready_.writer()), std::to_string(go_.reader()),
               file},
              {ready_.writer(), go_.reader()}) {}
  pid_t root() const { return tree_.root(); }
  bool release() const { return tree_.release(); }
  /// Both children have done their work and stay as they are.
  bool wait_until_ready() const {
    for (int child = 0; child < 2; ++child) {
      char byte = 0;
      if (!HeldTree::readable(ready_.reader()) || read(ready_.reader(), &byte, 1) != 1)
        return false;
    }
    return true;
  }
  bool finish() {
    go_.close_writer();
    return tree_.wait_for_end();
  }

 private:
  Pipe ready_;
  Pipe go_;
  HeldTree tree_;
};

}  // namespace melisai::plugins
