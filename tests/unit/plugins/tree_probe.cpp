// A workload with known costs for live_tree_test. tree_probe READY_FD GO_FD FILE: two children
// use 100 ms of CPU time each; one then has eight more threads, the other touches 64 MiB and writes
// 10 MB to FILE. Each says so with a byte to READY_FD and waits for the end of GO_FD.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kMemoryBytes = 64 << 20;
constexpr int kThreads = 8;

void burn_100ms() {
  timespec used{};
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  while (used.tv_sec == 0 && used.tv_nsec < 100'000'000);
}

bool wait_for_end(int fd) {
  char byte = 0;
  return read(fd, &byte, 1) == 0;
}

bool report_ready(int fd) { return write(fd, "r", 1) == 1; }

int have_threads(int ready, int go) {
  std::atomic<int> running{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      ++running;
      wait_for_end(go);
    });
  while (running < kThreads) std::this_thread::yield();
  return report_ready(ready) && wait_for_end(go) ? 0 : 1;
}

int have_memory_and_file(int ready, int go, const char* path) {
  void* memory =
      mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, kMemoryBytes, MADV_NOHUGEPAGE);  // one fault per page
  for (std::size_t at = 0; at < kMemoryBytes; at += 4096) static_cast<char*>(memory)[at] = 1;
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string block(1'000'000, 'x');
  for (int i = 0; i < 10; ++i)
    if (write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size())) return 1;
  close(file);
  return report_ready(ready) && wait_for_end(go) ? 0 : 1;
}

template <typename Work>
void in_child(Work work) {
  if (fork() != 0) return;
  burn_100ms();
  _exit(work());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int ready = std::atoi(argv[1]);
  const int go = std::atoi(argv[2]);
  in_child([&] { return have_threads(ready, go); });
  in_child([&] { return have_memory_and_file(ready, go, argv[3]); });
  int failures = 0;
  int status = 0;
  while (wait(&status) > 0) failures += status == 0 ? 0 : 1;
  return failures;
}
