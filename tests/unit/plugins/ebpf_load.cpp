// Work of a known amount, to be counted by the collector ebpf: ebpf_load WHAT NUMBER [FILE].
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/plugins/enter_network.h"

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  _exit(3);
}

void call_often(long count) {
  for (long i = 0; i < count; ++i) syscall(SYS_getppid);
}

// Not our child any more when it works, nor in our session.
void daemonise(long count) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  call_often(count);
  _exit(0);
}

void open_often(long count) {
  for (long i = 0; i < count; ++i) {
    close(open("/dev/null", O_RDONLY));
    open("/nonexistent-melisai", O_RDONLY);
  }
}

sockaddr_in loopback(in_port_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = port;
  return address;
}

int listener(int backlog, sockaddr_in& address) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || listen(fd, backlog) != 0) fail("listen");
  getsockname(fd, any, &size);
  return fd;
}

void connect_often(long count) {
  sockaddr_in address{};
  const int server = listener(16, address);
  for (long i = 0; i < count; ++i) {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      fail("connect");
    const int accepted = accept(server, nullptr, nullptr);
    char byte = 'x';
    if (write(client, &byte, 1) != 1 || read(accepted, &byte, 1) != 1) fail("data");
    close(client);
    close(accepted);
  }
}

// Nobody accepts: once the queue is full, the first packet of each further connection is sent again
// and again. `report` gets what the kernel counted, in a network that nobody else uses.
void fill_backlog(long milliseconds, const char* report) {
  melisai::plugins::enter_own_network();
  sockaddr_in address{};
  listener(0, address);
  for (int i = 0; i < 8; ++i) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  poll(nullptr, 0, static_cast<int>(milliseconds));
  std::ifstream counters("/proc/self/net/snmp");
  std::ofstream(report) << counters.rdbuf();
}

void touch(long pages) {
  const auto size = static_cast<std::size_t>(pages) * 4096;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(memory, size, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < size; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
}

// A child that may have less memory than it wants is killed.
void run_out_of_memory(long pages, const char* cgroup) {
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream(std::string(cgroup) + "/cgroup.procs") << getpid() << std::flush;
    touch(pages);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

void read_file(const char* path, long megabytes) {
  const int fd = open(path, O_RDONLY);
  std::vector<char> buffer(1 << 20);
  for (long i = 0; i < megabytes; ++i)
    if (read(fd, buffer.data(), buffer.size()) <= 0) fail("read");
}

void write_file(const char* path, long megabytes) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> buffer(1 << 20, 'x');
  for (long i = 0; i < megabytes; ++i)
    if (write(fd, buffer.data(), buffer.size()) <= 0) fail("write");
  if (fsync(fd) != 0) fail("fsync");
}

// Reads what is in memory, and writes as much elsewhere.
void copy_file(const char* path, long megabytes) {
  const int from = open(path, O_RDONLY | O_CLOEXEC);
  const int to = open((std::string(path) + ".copy").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  std::vector<char> buffer(1 << 20);
  for (long i = 0; i < megabytes; ++i) {
    if (read(from, buffer.data(), buffer.size()) <= 0) fail("read");
    if (write(to, buffer.data(), buffer.size()) <= 0) fail("write");
  }
}

// Reads what is in memory, after another file came there by being mapped.
void map_and_read(const char* path, long megabytes) {
  const std::string warm = std::string(path) + ".warm";
  write_file(warm.c_str(), megabytes);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  const auto size = static_cast<std::size_t>(megabytes) << 20;
  void* const mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) fail("mmap");
  const volatile char* const bytes = static_cast<const char*>(mapped);
  for (std::size_t at = 0; at < size; at += 4096) static_cast<void>(bytes[at]);
  read_file(warm.c_str(), megabytes);
}

void ping_pong(long count) {
  int there[2], back[2];
  if (pipe(there) != 0 || pipe(back) != 0) fail("pipe");
  char byte = 'x';
  const pid_t child = fork();
  for (long i = 0; i < count; ++i) {
    if (child != 0 && write(there[1], &byte, 1) != 1) fail("write");
    if (read(child != 0 ? back[0] : there[0], &byte, 1) != 1) fail("read");
    if (child == 0 && write(back[1], &byte, 1) != 1) fail("write");
  }
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
}

void run_programs(long count) {
  for (long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(127);
    }
    waitpid(child, nullptr, 0);
  }
}

void start_threads(long count) {
  for (long i = 0; i < count; ++i) std::thread([] {}).join();
}

// `count` connections that wait for an answer at the same time, in a network that nobody else uses.
void wait_for_connections(long count) {
  constexpr long kEach = 800;  // sockets of a process
  melisai::plugins::enter_own_network();
  sockaddr_in address{};
  listener(0, address);
  int done[2];
  if (pipe(done) != 0) fail("pipe");
  std::vector<pid_t> children;
  for (long left = count; left > 0; left -= kEach) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    for (long i = 0; i < kEach; ++i) {
      const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    // Till all others have as many.
    char byte = 'x';
    if (write(done[1], &byte, 1) != 1) fail("pipe");
    pause();
  }
  for (std::size_t i = 0; i < children.size(); ++i)
    if (char byte; read(done[0], &byte, 1) != 1) fail("pipe");
  for (const pid_t child : children) kill(child, SIGKILL);
  while (wait(nullptr) > 0) continue;
}

void nap(long count);

// `ways` different stacks, by which function calls which; the last one waits.
[[gnu::noinline]] void take_left(long way, int depth);
[[gnu::noinline]] void take_right(long way, int depth);
void go_on(long way, int depth) {
  if (depth == 0) return nap(1);
  (way & 1) != 0 ? take_left(way >> 1, depth - 1) : take_right(way >> 1, depth - 1);
}
void take_left(long way, int depth) {
  go_on(way, depth);
  asm volatile("" ::: "memory");  // no jump in place of the call
}
void take_right(long way, int depth) {
  go_on(way, depth);
  asm volatile("" ::: "memory");
}
void go_all_ways(long ways) {
  for (long way = 0; way < ways; ++way) go_on(way, 9);
}

void wait_on_futex(long count) {
  std::atomic<std::uint32_t> word{1};
  const timespec brief{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (long i = 0; i < count; ++i)
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &brief, nullptr, 0);
}

void nap(long count) {
  const timespec brief{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (long i = 0; i < count; ++i) nanosleep(&brief, nullptr);
}

[[gnu::noinline]] void burn(long milliseconds) {
  timespec now{};
  const auto cpu_ms = [&] {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
  };
  for (volatile long i = 0; i % 4096 != 0 || cpu_ms() < milliseconds;) i = i + 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string what = argv[1];
  const long number = std::atol(argv[2]);
  const char* file = argc > 3 ? argv[3] : "";
  if (what == "call") call_often(number);
  if (what == "daemon") daemonise(number);
  if (what == "open") open_often(number);
  if (what == "connect") connect_often(number);
  if (what == "backlog") fill_backlog(number, file);
  if (what == "oom") run_out_of_memory(number, file);
  if (what == "read") read_file(file, number);
  if (what == "copy") copy_file(file, number);
  if (what == "map") map_and_read(file, number);
  if (what == "write") write_file(file, number);
  if (what == "touch") touch(number);
  if (what == "pingpong") ping_pong(number);
  if (what == "exec") run_programs(number);
  if (what == "threads") start_threads(number);
  if (what == "pending") wait_for_connections(number);
  if (what == "ways") go_all_ways(number);
  if (what == "futex") wait_on_futex(number);
  if (what == "nap") nap(number);
  if (what == "burn") burn(number);
}
