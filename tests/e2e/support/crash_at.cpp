// Preloaded into a daemon: kill -9 of itself at the n-th moment at which it makes something last.
//
// MELISAI_TEST_CRASH: "after-sync:N", when N of its fsyncs have returned (a transition is in the
// database, and nobody was told yet), or "before-write:N", instead of its N-th write to a journal
// (a transition is in it by half).
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

constexpr std::string_view kSync = "after-sync:";
constexpr std::string_view kWrite = "before-write:";

std::atomic<long> syncs_left{-1};
std::atomic<long> writes_left{-1};

// Our children are not ours to kill.
__attribute__((constructor)) void read_orders() {
  const char* const text = std::getenv("MELISAI_TEST_CRASH");
  const std::string_view orders = text == nullptr ? "" : text;
  if (orders.starts_with(kSync)) syncs_left = std::atol(text + kSync.size());
  if (orders.starts_with(kWrite)) writes_left = std::atol(text + kWrite.size());
  unsetenv("LD_PRELOAD");
  unsetenv("MELISAI_TEST_CRASH");
}

void count_down(std::atomic<long>& left) {
  if (left > 0 && --left == 0) kill(getpid(), SIGKILL);
}

bool is_journal(int fd) {
  const char prefix[] = "/proc/self/fd/";
  char link[32], path[4096];
  std::memcpy(link, prefix, sizeof prefix);
  char digits[12];
  int size = 0;
  for (int rest = fd; size == 0 || rest > 0; rest /= 10)
    digits[size++] = static_cast<char>('0' + rest % 10);
  for (int i = 0; i < size; ++i)
    link[sizeof prefix - 1 + static_cast<std::size_t>(i)] = digits[size - 1 - i];
  link[sizeof prefix - 1 + static_cast<std::size_t>(size)] = '\0';
  const ssize_t length = readlink(link, path, sizeof path);
  return length > 0 && std::string_view(path, static_cast<std::size_t>(length)).ends_with("-wal");
}

template <class Function>
Function* next_of(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int fd) {
  static const auto next = next_of(&fsync, "fsync");
  const int result = next(fd);
  count_down(syncs_left);
  return result;
}

int fdatasync(int fd) {
  static const auto next = next_of(&fdatasync, "fdatasync");
  const int result = next(fd);
  count_down(syncs_left);
  return result;
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto next = next_of(&pwrite, "pwrite");
  if (is_journal(fd)) count_down(writes_left);
  return next(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static const auto next = next_of(&pwrite64, "pwrite64");
  if (is_journal(fd)) count_down(writes_left);
  return next(fd, data, size, at);
}
}
