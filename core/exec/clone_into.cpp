#include "core/exec/clone_into.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

namespace melisai::exec {
namespace {

// The system call itself, because the C library hands clone3 to nobody. The child begins on a stack
// without any frame, so that it can only go on in here.
#if defined(__x86_64__)
long clone3(const clone_args& args, int (*run)(void*), void* argument) {
  register int (*go)(void*) asm("r8") = run;
  register void* with asm("r9") = argument;
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"  // nobody called it
      "mov %%r9, %%rdi\n\t"
      "call *%%r8\n\t"
      "ud2\n"
      "1:"
      : "+a"(result)
      : "D"(&args), "S"(sizeof args), "r"(go), "r"(with)
      : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
long clone3(const clone_args& args, int (*run)(void*), void* argument) {
  register long result asm("x0") = reinterpret_cast<long>(&args);
  register long size asm("x1") = sizeof args;
  register long number asm("x8") = SYS_clone3;
  register int (*go)(void*) asm("x9") = run;
  register void* with asm("x10") = argument;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, #0\n\t"  // nobody called it
      "mov x30, #0\n\t"
      "mov x0, x10\n\t"
      "blr x9\n\t"
      "brk #1\n"
      "1:"
      : "+r"(result)
      : "r"(size), "r"(number), "r"(go), "r"(with)
      : "memory", "cc");
  return result;
}
#else
long clone3(const clone_args&, int (*)(void*), void*) { return -ENOSYS; }
#endif

}  // namespace

pid_t clone_into(const BornInto& born, int (*run)(void*), void* argument) {
  clone_args args{};
  args.flags = born.flags | CLONE_INTO_CGROUP;
  args.pidfd = reinterpret_cast<std::uintptr_t>(born.pidfd);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<std::uintptr_t>(born.stack);
  args.stack_size = born.stack_bytes;
  args.cgroup = static_cast<std::uint64_t>(born.cgroup_fd);
  const long result = clone3(args, run, argument);
  if (result >= 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace melisai::exec
