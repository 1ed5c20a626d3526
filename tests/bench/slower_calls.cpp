#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/slower.h"

namespace slower {
namespace {

// System calls.
NEVER_INLINE void read_pieces(bool head) {
  const int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  std::array<char, 65'536> buffer{};
  const std::size_t piece = head ? 64 : buffer.size();
  for (std::size_t done = 0; done < 16u << 20; done += piece)
    sink = sink + static_cast<unsigned long>(read(zero, buffer.data(), piece));
  close(zero);
}
NEVER_INLINE void ask_per_item(bool head) {
  for (int i = 0; i < (head ? 600'000 : 1'000); ++i)
    sink = sink + static_cast<unsigned long>(getppid());
}
NEVER_INLINE void write_lines(bool head) {
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const std::string lines(1 << 16, 'x');
  const std::size_t piece = head ? 16 : lines.size();
  for (std::size_t done = 0; done < 8u << 20; done += piece)
    sink = sink + static_cast<unsigned long>(write(null, lines.data(), piece));
  close(null);
}

// File I/O.
class Scratch {
 public:
  Scratch() : fd_(open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {}
  ~Scratch() { close(fd_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void write_bytes(std::size_t size) const {
    static const std::string block(1 << 20, 'x');
    for (std::size_t at = 0; at < size; at += block.size())
      sink = sink + static_cast<unsigned long>(write(fd_, block.data(), block.size()));
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};
NEVER_INLINE void sync_per_item(bool head) {
  const Scratch file;
  for (int i = 0; i < 200; ++i) {
    sink = sink + static_cast<unsigned long>(write(file.fd(), "item", 4));
    if (head || i == 199) fsync(file.fd());
  }
}
NEVER_INLINE void read_again(bool head) {
  const Scratch file;
  file.write_bytes(16 << 20);
  std::vector<char> buffer(1 << 20);
  for (int round = 0; round < (head ? 40 : 4); ++round)
    for (int i = 0; i < 16; ++i)
      sink = sink + static_cast<unsigned long>(
                        pread(file.fd(), buffer.data(), buffer.size(), off_t{i} << 20));
}
NEVER_INLINE void write_more(bool head) {
  const Scratch file;
  file.write_bytes(std::size_t{head ? 200u : 20u} << 20);
}

// Network.
sockaddr_in loopback(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}
NEVER_INLINE void connect_per_item(bool head) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) return;
  listen(listener, 128);
  const sockaddr_in address = loopback(listener);
  for (int i = 0; i < (head ? 1'500 : 10); ++i) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      close(accept(listener, nullptr, nullptr));
    close(client);
  }
  close(listener);
}
NEVER_INLINE void wait_for_server(bool head) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
  std::thread server([&] {
    poll(nullptr, 0, head ? 60 : 1);
    sink = sink + static_cast<unsigned long>(write(ends[1], "x", 1));
  });
  char answer = 0;
  sink = sink + static_cast<unsigned long>(read(ends[0], &answer, 1));
  server.join();
  for (const int end : ends) close(end);
}

/// Nobody accepts for a while, and the kernel drops what comes: it is sent again after a second.
NEVER_INLINE void full_backlog(bool head) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) return;
  listen(listener, head ? 0 : 128);
  const sockaddr_in address = loopback(listener);
  std::thread server([&] {
    poll(nullptr, 0, 30);
    for (int i = 0; i < 4; ++i) close(accept(listener, nullptr, nullptr));
  });
  std::array<int, 4> clients{};
  for (int& client : clients) {
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sink = sink + static_cast<unsigned long>(
                      connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  server.join();
  for (const int client : clients) close(client);
  close(listener);
}

// Subprocesses.
NEVER_INLINE void fork_per_item(bool head) {
  for (int i = 0; i < (head ? 250 : 2); ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
  }
}
NEVER_INLINE void run_per_item(bool head) {
  for (int i = 0; i < (head ? 80 : 1); ++i) {
    std::string program = "/bin/true";
    std::array<char*, 2> words = {program.data(), nullptr};
    pid_t child = 0;
    if (posix_spawn(&child, program.c_str(), nullptr, nullptr, words.data(), environ) == 0)
      waitpid(child, nullptr, 0);
  }
}

NEVER_INLINE void shell_per_item(bool head) {
  for (int i = 0; i < (head ? 40 : 1); ++i) {
    std::FILE* const pipe = popen("echo item", "r");
    if (pipe == nullptr) continue;
    sink = sink + static_cast<unsigned long>(std::fgetc(pipe));
    pclose(pipe);
  }
}

constexpr std::array<Case, 12> kCases{{{"read_pieces", "system_calls", read_pieces},
                                       {"ask_per_item", "system_calls", ask_per_item},
                                       {"write_lines", "system_calls", write_lines},
                                       {"sync_per_item", "file_io", sync_per_item},
                                       {"read_again", "file_io", read_again},
                                       {"write_more", "file_io", write_more},
                                       {"connect_per_item", "network", connect_per_item},
                                       {"wait_for_server", "network", wait_for_server},
                                       {"full_backlog", "network", full_backlog},
                                       {"fork_per_item", "subprocesses", fork_per_item},
                                       {"run_per_item", "subprocesses", run_per_item},
                                       {"shell_per_item", "subprocesses", shell_per_item}}};

}  // namespace

std::span<const Case> call_cases() { return kCases; }

}  // namespace slower
