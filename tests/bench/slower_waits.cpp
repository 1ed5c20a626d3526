#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bench/slower.h"

namespace slower {
namespace {

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
NEVER_INLINE void hold_longer(bool head) {
  const auto serve = [head] {
    for (int i = 0; i < 40; ++i) {
      if (!head) work(1'000'000);
      const std::lock_guard<std::mutex> held(lock);
      work(head ? 1'000'000 : 10);
    }
  };
  std::thread other(serve);
  serve();
  other.join();
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

// Scheduling: the same work, and fewer CPUs to do it on.
NEVER_INLINE void use_cpus(int count) {
  cpu_set_t all, some;
  CPU_ZERO(&some);
  if (sched_getaffinity(0, sizeof all, &all) != 0) return;
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&some) < count; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &some);
  sched_setaffinity(0, sizeof some, &some);
}
NEVER_INLINE void share_one_cpu(bool head) {
  use_cpus(head ? 1 : 2);
  std::thread other([] { work(40'000'000); });
  work(40'000'000);
  other.join();
}
NEVER_INLINE void share_with_child(bool head) {
  use_cpus(head ? 1 : 2);
  const pid_t child = fork();
  work(40'000'000);
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
}
NEVER_INLINE void queue_behind_batch(bool head) {
  if (head) use_cpus(1);
  std::vector<std::thread> batch;
  for (int i = 0; i < 6; ++i) batch.emplace_back([] { work(10'000'000); });
  for (std::thread& each : batch) each.join();
}

// Sleep.
NEVER_INLINE void sleep_between(bool head) {
  if (head) usleep(60'000);
  work(1'000);
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

constexpr std::array<Case, 10> kCases{{{"hold_lock", "lock_wait", hold_lock},
                                       {"hold_longer", "lock_wait", hold_longer},
                                       {"take_turns", "lock_wait", take_turns},
                                       {"share_one_cpu", "scheduling", share_one_cpu},
                                       {"share_with_child", "scheduling", share_with_child},
                                       {"queue_behind_batch", "scheduling", queue_behind_batch},
                                       {"sleep_between", "sleep", sleep_between},
                                       {"slower_child", "cpu_work", slower_child},
                                       {"slower_server", "cpu_work", slower_server},
                                       {"longer_serial_phase", "cpu_work", longer_serial_phase}}};

}  // namespace

std::span<const Case> wait_cases() { return kCases; }

}  // namespace slower
