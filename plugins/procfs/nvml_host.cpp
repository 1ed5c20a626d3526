#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "plugins/procfs/gpu.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kAnswerBytesMax = 65536;

template <class Function>
void load(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

GpuReading ask_library(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return {{}, std::string("no NVML: ") + (reason == nullptr ? "unknown" : reason)};
  }
  Nvml nvml;
  load(library, "nvmlInit_v2", nvml.init);
  load(library, "nvmlShutdown", nvml.shutdown);
  load(library, "nvmlDeviceGetCount_v2", nvml.device_count);
  load(library, "nvmlDeviceGetHandleByIndex_v2", nvml.device_at);
  load(library, "nvmlSystemGetDriverVersion", nvml.driver_version);
  load(library, "nvmlDeviceGetName", nvml.name);
  load(library, "nvmlDeviceGetPciInfo_v3", nvml.pci);
  load(library, "nvmlDeviceGetMemoryInfo", nvml.memory);
  load(library, "nvmlDeviceGetUtilizationRates", nvml.utilization);
  load(library, "nvmlDeviceGetTemperature", nvml.temperature);
  load(library, "nvmlDeviceGetPowerUsage", nvml.power);
  return ask_nvml(nvml);
}

// The child: nothing of this process stays open in it but the pipe, so that one that hangs holds
// nobody up.
[[noreturn]] void answer(int pipe_end, const std::string& library) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  constexpr int kPipe = 3;
  if (pipe_end != kPipe) dup2(pipe_end, kPipe);
  syscall(SYS_close_range, kPipe + 1, ~0U, 0);
  const std::string text = to_text(ask_library(library));
  const ssize_t written = write(kPipe, text.data(), text.size());
  _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

// What the child says until it ends or time is up.
std::string listen_to(int pipe_end, std::chrono::milliseconds wait_max) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() < kAnswerBytesMax) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd entry{pipe_end, POLLIN, 0};
    if (left.count() <= 0 || poll(&entry, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t size = read(pipe_end, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return text;
}

// A process that hangs in the driver dies when the driver lets it; nobody waits for that.
void end(pid_t child) {
  constexpr int kLooksMax = 200;
  kill(child, SIGKILL);
  for (int look = 0; look < kLooksMax && waitpid(child, nullptr, WNOHANG) == 0; ++look)
    poll(nullptr, 0, 5);
}

}  // namespace

GpuReading read_gpus(const NvmlHost& host) {
  if (access(host.control_device.c_str(), F_OK) != 0) return {};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {{}, std::string("pipe: ") + strerror(errno)};
  const pid_t child = fork();
  if (child == 0) answer(ends[1], host.library);
  close(ends[1]);
  const std::string text = child > 0 ? listen_to(ends[0], host.wait_max) : "";
  close(ends[0]);
  if (child < 0) return {{}, "no process to ask NVML in"};
  end(child);
  return from_text(text);
}

}  // namespace melisai::plugins::procfs
