// Programs with a known end for exit_watch_test: exit_probe MODE [ARGUMENT].
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace {

volatile std::sig_atomic_t arrived = 0;

// That many MiB, one fault per page, until the end.
int touch(int mebibytes) {
  const std::size_t bytes = static_cast<std::size_t>(mebibytes) << 20;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<char*>(memory)[at] = 1;
  return 0;
}

// A signal that a process sends to itself has arrived when kill() returns.
int count_signals(int count) {
  std::signal(SIGUSR1, [](int) { arrived = arrived + 1; });
  for (int i = 0; i < count; ++i) kill(getpid(), SIGUSR1);
  return arrived == count ? 0 : 1;
}

// The first thread ends, another one goes on for a while.
int leave(int milliseconds) {
  std::thread([milliseconds] {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    _exit(touch(64));
  }).detach();
  pthread_exit(nullptr);
}

// All threads end at once, and another one than the first says so.
int end_together(int mebibytes) {
  std::thread waiting([] { pause(); });
  std::thread([mebibytes] { _exit(touch(mebibytes)); }).join();
  waiting.join();
  return 1;
}

int execute_in_thread(char** argv) {
  std::thread([argv] { execv(argv[0], argv); }).join();
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string_view mode = argv[1];
  const char* argument = argc > 2 ? argv[2] : "0";
  if (mode == "touch") return touch(std::atoi(argument));
  if (mode == "exit") return std::atoi(argument);
  if (mode == "signals") return count_signals(std::atoi(argument));
  if (mode == "stop") return raise(SIGSTOP) == 0 ? std::atoi(argument) : 1;
  if (mode == "wait") return pause();
  if (mode == "abort") std::abort();
  if (mode == "leave") return leave(std::atoi(argument));
  if (mode == "together") return end_together(std::atoi(argument));
  if (mode == "thread-exec") return execute_in_thread(argv + 2);
  if (mode == "exec") return execv(argument, argv + 2);
  if (mode == "root") return geteuid() == 0 ? 0 : 3;
  return 2;
}
