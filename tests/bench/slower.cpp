// Small programs that are slower on head for one reason each: slower CASE base|head, and without
// arguments the list "CASE CLASS"; the function to blame is
// called like the case. What causes.py runs. Numbers are chosen so that a run
// takes 50 to 200 ms.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

volatile unsigned long sink;
#define NEVER_INLINE __attribute__((noinline))

NEVER_INLINE void work(long rounds) {
  for (long i = 0; i < rounds; ++i) sink = sink * 1664525u + 1u;
}
void usual_work() { work(10'000'000); }

// CPU work.
NEVER_INLINE void copy_records(bool head) {
  std::vector<char> from(1 << 20, 1), to(1 << 20);
  for (int i = 0; i < (head ? 6'000 : 500); ++i) {
    std::memcpy(to.data(), from.data(), from.size());
    asm volatile("" : : "r"(to.data()) : "memory");
    sink = sink + static_cast<unsigned long>(to[static_cast<std::size_t>(i)]);
  }
}
NEVER_INLINE void look_up(bool head) {
  std::vector<int> keys(4'000);
  std::iota(keys.begin(), keys.end(), 0);
  for (int i = 0; i < 20'000; ++i) {
    const int wanted = i % 4'000;
    std::size_t at = head ? 0 : static_cast<std::size_t>(wanted);
    while (keys[at] != wanted) ++at;
    sink = sink + at;
  }
}
NEVER_INLINE void hash_again(bool head) {
  for (int round = 0; round < (head ? 4 : 1); ++round)
    for (unsigned long i = 0; i < 8'000'000; ++i) sink = (sink ^ i) * 1099511628211u;
}

// CPU efficiency.
NEVER_INLINE void walk_matrix(bool head) {
  constexpr std::size_t kSide = 2'048;
  static std::vector<int> matrix(kSide * kSide, 1);
  for (int round = 0; round < 4; ++round)
    for (std::size_t i = 0; i < kSide; ++i)
      for (std::size_t j = 0; j < kSide; ++j)
        sink = sink + static_cast<unsigned long>(matrix[head ? j * kSide + i : i * kSide + j]);
}
NEVER_INLINE void follow_links(bool head) {
  std::vector<std::uint32_t> next(1'000'000);
  std::iota(next.begin(), next.end(), 1u);
  next.back() = 0;
  std::vector<std::uint32_t> order(next.size());
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
  std::vector<std::uint32_t> shuffled(next.size());
  for (std::size_t i = 0; i < order.size(); ++i) shuffled[order[i]] = order[(i + 1) % order.size()];
  const std::vector<std::uint32_t>& links = head ? shuffled : next;
  std::uint32_t at = 0;
  for (int i = 0; i < 4'000'000; ++i) at = links[at];
  sink = at;
}
NEVER_INLINE void count_side_by_side(bool head) {
  struct Padded {
    alignas(64) std::array<std::atomic<long>, 32> value{};
  };
  static Padded counters;
  const std::size_t other = head ? 1 : 16;
  const auto count = [](std::size_t at) {
    for (int i = 0; i < 8'000'000; ++i) counters.value[at].fetch_add(1, std::memory_order_relaxed);
  };
  std::thread thread(count, other);
  count(0);
  thread.join();
}

// Allocation.
NEVER_INLINE void allocate_items(bool head) {
  auto kept = std::make_unique<char[]>(64);
  for (int i = 0; i < 2'000'000; ++i) {
    if (head) kept = std::make_unique<char[]>(64);
    kept[0] = static_cast<char>(i);
    sink = sink + static_cast<unsigned long>(kept[0]);
  }
}
NEVER_INLINE void build_names(bool head) {
  std::string kept(40, 'x');
  for (int i = 0; i < 1'000'000; ++i) {
    if (head) kept = std::string(40, 'y') + "z";
    sink = sink + kept.size();
  }
}
NEVER_INLINE void fill_list(bool head) {
  std::vector<int> numbers;
  numbers.reserve(1'000'000);
  std::list<int> nodes;
  for (int i = 0; i < 1'000'000; ++i) head ? nodes.push_back(i) : numbers.push_back(i);
  sink = nodes.size() + numbers.size();
}

// Memory.
NEVER_INLINE void touch(std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += 4'096) static_cast<char*>(memory)[at] = 1;
  munmap(memory, bytes);
}
NEVER_INLINE void touch_more(bool head) { touch(std::size_t{head ? 300u : 20u} << 20); }
NEVER_INLINE void fresh_buffers(bool head) {
  for (int i = 0; i < (head ? 80 : 5); ++i) touch(4 << 20);
}
NEVER_INLINE void give_back_pages(bool head) {
  constexpr std::size_t kBytes = 8 << 20;
  void* const buffer =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) return;
  madvise(buffer, kBytes, MADV_NOHUGEPAGE);
  for (int i = 0; i < 40; ++i) {
    if (head) madvise(buffer, kBytes, MADV_DONTNEED);
    for (std::size_t at = 0; at < kBytes; at += 4'096) static_cast<char*>(buffer)[at] = 1;
  }
}

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

// Waits.
std::mutex lock;
NEVER_INLINE void wait_for_lock() {
  const std::lock_guard<std::mutex> held(lock);
  work(1'000);
}
NEVER_INLINE void hold_lock(bool head) {
  std::atomic<bool> is_held = false;
  std::thread holder([&] {
    const std::lock_guard<std::mutex> held(lock);
    is_held = true;
    if (head) poll(nullptr, 0, 60);
  });
  while (!is_held) std::this_thread::yield();
  wait_for_lock();
  holder.join();
}
NEVER_INLINE void take_turns(bool head) {
  std::condition_variable turned;
  int turn = 0;
  const auto play = [&](int mine) {
    for (int i = 0; i < (head ? 8'000 : 200); ++i) {
      std::unique_lock<std::mutex> held(lock);
      turned.wait(held, [&] { return turn == mine; });
      turn = 1 - mine;
      turned.notify_all();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
}
NEVER_INLINE void sleep_between(bool head) {
  if (head) usleep(60'000);
  work(1'000);
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

// Waits for more CPU work of the same tree: the work is to blame, not the wait.
NEVER_INLINE void slower_child(bool head) {
  const pid_t child = fork();
  if (child == 0) {
    work(head ? 30'000'000 : 10'000'000);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}
NEVER_INLINE void slower_server(bool head) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
  std::thread server([&] {
    work(head ? 30'000'000 : 10'000'000);
    sink = sink + static_cast<unsigned long>(write(ends[1], "x", 1));
  });
  char answer = 0;
  sink = sink + static_cast<unsigned long>(read(ends[0], &answer, 1));
  server.join();
  for (const int end : ends) close(end);
}
NEVER_INLINE void longer_serial_phase(bool head) {
  std::condition_variable begun;
  bool is_begun = false;
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i)
    workers.emplace_back([&] {
      std::unique_lock<std::mutex> held(lock);
      begun.wait(held, [&] { return is_begun; });
    });
  work(head ? 30'000'000 : 10'000'000);
  {
    const std::lock_guard<std::mutex> held(lock);
    is_begun = true;
  }
  begun.notify_all();
  for (std::thread& worker : workers) worker.join();
}

struct Case {
  std::string_view name, cause;
  void (*run)(bool head);
};
constexpr std::array<Case, 28> kCases{{{"copy_records", "cpu_work", copy_records},
                                       {"look_up", "cpu_work", look_up},
                                       {"hash_again", "cpu_work", hash_again},
                                       {"walk_matrix", "cpu_efficiency", walk_matrix},
                                       {"follow_links", "cpu_efficiency", follow_links},
                                       {"count_side_by_side", "cpu_efficiency", count_side_by_side},
                                       {"allocate_items", "allocation", allocate_items},
                                       {"build_names", "allocation", build_names},
                                       {"fill_list", "allocation", fill_list},
                                       {"touch_more", "memory", touch_more},
                                       {"fresh_buffers", "memory", fresh_buffers},
                                       {"give_back_pages", "memory", give_back_pages},
                                       {"read_pieces", "system_calls", read_pieces},
                                       {"ask_per_item", "system_calls", ask_per_item},
                                       {"write_lines", "system_calls", write_lines},
                                       {"sync_per_item", "file_io", sync_per_item},
                                       {"read_again", "file_io", read_again},
                                       {"write_more", "file_io", write_more},
                                       {"hold_lock", "lock_wait", hold_lock},
                                       {"take_turns", "lock_wait", take_turns},
                                       {"sleep_between", "sleep", sleep_between},
                                       {"connect_per_item", "network", connect_per_item},
                                       {"wait_for_server", "network", wait_for_server},
                                       {"fork_per_item", "subprocesses", fork_per_item},
                                       {"run_per_item", "subprocesses", run_per_item},
                                       {"slower_child", "cpu_work", slower_child},
                                       {"slower_server", "cpu_work", slower_server},
                                       {"longer_serial_phase", "cpu_work", longer_serial_phase}}};

}  // namespace

int main(int argc, char** argv) {
  for (const Case& each : kCases) {
    if (argc < 3) std::printf("%s %s\n", each.name.data(), each.cause.data());
    if (argc < 3 || each.name != argv[1]) continue;
    usual_work();
    each.run(std::string_view(argv[2]) == "head");
    return 0;
  }
  return argc < 3 ? 0 : 2;
}
