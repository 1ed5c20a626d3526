// What running a workload through melisai-gate-exec costs, with and without a cgroup, against vfork
// and execve. Every number comes from one run with the ways taking turns, so that the ratios hold
// although the machine's speed moves. Usage: exec_overhead [rounds]
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/process.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundTrips = 20'000;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Two processes that send one byte to and fro: nothing but switches, the worst case for a cgroup of
// its own.
int pipe_loop() {
  int there[2];
  int back[2];
  if (pipe(there) != 0 || pipe(back) != 0) return 1;
  const pid_t child = fork();
  char byte = 'x';
  for (int i = 0; i < kRoundTrips; ++i) {
    const int from = child == 0 ? there[0] : back[0];
    const int to = child == 0 ? back[1] : there[1];
    if (child != 0 && write(to, &byte, 1) != 1) return 1;
    if (read(from, &byte, 1) != 1) return 1;
    if (child == 0 && write(to, &byte, 1) != 1) return 1;
  }
  if (child == 0) _exit(0);
  return waitpid(child, nullptr, 0) == child ? 0 : 1;
}

// The time from the start of a run to its end as the caller sees it, and that of the workload
// alone.
struct Times {
  std::vector<double> run_us;
  std::vector<double> workload_us;
};

void run_directly(const std::vector<std::string>& argv, Times& times) {
  std::vector<char*> arguments;
  for (const std::string& text : argv) arguments.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  const auto start = Clock::now();
  const pid_t pid = vfork();
  if (pid == 0) {
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  waitpid(pid, nullptr, 0);
  times.run_us.push_back(microseconds_since(start));
  times.workload_us.push_back(times.run_us.back());
}

melisai::Exit run_with_exec(melisai::ProcessRunner& runner, const std::vector<std::string>& argv,
                            melisai::CgroupMode cgroup, Times& times) {
  const melisai::Command command{
      .argv = argv, .env = {"PATH=/usr/bin:/bin"}, .cwd = "/", .cgroup = cgroup};
  const auto start = Clock::now();
  const auto exit = runner.run(command);
  times.run_us.push_back(microseconds_since(start));
  if (!exit || !exit->ok()) {
    std::fprintf(stderr, "%s\n", exit ? "the workload failed" : exit.error().message.c_str());
    std::exit(1);
  }
  times.workload_us.push_back(static_cast<double>(exit->usage.wall_time_ns) / 1'000);
  return *exit;
}

void print(const char* way, const Times& times, const Times& direct) {
  const double run = median(times.run_us);
  const double workload = median(times.workload_us);
  std::printf("  %-14s %9.0f us  x%.3f  %+6.0f us | %9.0f us  x%.3f\n", way, run,
              run / median(direct.run_us), run - median(direct.run_us), workload,
              workload / median(direct.workload_us));
}

void compare(const char* name, melisai::ProcessRunner& runner, const std::vector<std::string>& argv,
             int rounds) {
  using melisai::CgroupMode;
  Times direct;
  Times off;
  Times automatic;
  bool in_cgroup = false;
  for (int round = 0; round < rounds; ++round) {
    for (int turn = 0; turn < 3; ++turn) {
      switch ((round + turn) % 3) {
        case 0: run_directly(argv, direct); break;
        case 1: run_with_exec(runner, argv, CgroupMode::off, off); break;
        default:
          in_cgroup = run_with_exec(runner, argv, CgroupMode::automatic, automatic).in_cgroup;
      }
    }
  }
  std::printf("%s, medians of %d: %21s | workload alone\n", name, rounds, "whole run");
  print("vfork, execve", direct, direct);
  print("exec", off, direct);
  print(in_cgroup ? "exec + cgroup" : "exec (no cgroup)", automatic, direct);
}

// Our own CPU time while a workload runs for a second.
void print_cpu_of_gate(melisai::ProcessRunner& runner) {
  rusage before{};
  rusage after{};
  Times ignored;
  getrusage(RUSAGE_SELF, &before);
  run_with_exec(runner, {"/bin/sleep", "1"}, melisai::CgroupMode::automatic, ignored);
  getrusage(RUSAGE_SELF, &after);
  const auto us = [](const timeval& from, const timeval& to) {
    return static_cast<double>(to.tv_sec - from.tv_sec) * 1e6 +
           static_cast<double>(to.tv_usec - from.tv_usec);
  };
  std::printf("CPU time of the caller during a run of one second: %.0f us\n",
              us(before.ru_utime, after.ru_utime) + us(before.ru_stime, after.ru_stime));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "pipe-loop") == 0) return pipe_loop();
  const int rounds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 200;
  const melisai::Interrupt interrupt;
  const auto runner =
      melisai::make_process_runner(std::string(MELISAI_BIN_DIR) + "/melisai-gate-exec", interrupt);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  compare("/bin/true", *runner, {"/bin/true"}, rounds);
  compare("20,000 pipe round trips", *runner, {self, "pipe-loop"}, std::max(rounds / 10, 1));
  print_cpu_of_gate(*runner);
}
