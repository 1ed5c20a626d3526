// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// System calls by number, exactly; how long each took; opens of files; futexes. One program at each
// end of a call: what nobody wants the verifier removes, so that counting does not pay for timing.
#pragma once

#include "plugins/ebpf/bpf/common.h"

/* Set before loading. */
const volatile bool syscount_wanted = false;
const volatile bool syslat_wanted = false;
const volatile bool futex_wanted = false;
const volatile bool opens_wanted = false;

/* Numbers of the architecture that is built for; -1: it has none. Set before loading. */
const volatile __s32 number_open = -1;
const volatile __s32 number_creat = -1;
const volatile __s32 number_openat = -1;
const volatile __s32 number_openat2 = -1;
const volatile __s32 number_futex = -1;

#define FUTEX_COMMAND 127
enum { no_such_file = -2, errors_min = -4095 };
enum { futex_wait = 0, futex_wake = 1, futex_lock_pi = 6, futex_wait_bitset = 9 };
enum { futex_wake_bitset = 10, futex_wait_requeue_pi = 11, futex_lock_pi2 = 13 };

static __always_inline bool is_32bit(void) {
#if defined(__TARGET_ARCH_x86)
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, thread_info.status) & 2; /* TS_COMPAT: other numbers */
#else
  return false;
#endif
}
static __always_inline s64 number_in(struct pt_regs* registers) {
#if defined(__TARGET_ARCH_x86)
  return BPF_CORE_READ(registers, orig_ax);
#else
  return BPF_CORE_READ(registers, syscallno);
#endif
}
static __always_inline u64 second_argument(struct pt_regs* registers) {
#if defined(__TARGET_ARCH_x86)
  return BPF_CORE_READ(registers, si);
#else
  return BPF_CORE_READ(registers, regs[1]);
#endif
}
static __always_inline u32 slot_of(s64 number) {
  return number >= 0 && number < ebpf_syscalls_max ? number : ebpf_syscalls_max - 1;
}

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ebpf_syscalls_max);
  __type(key, u32);
  __type(value, u64);
} syscall_counts SEC(".maps");

struct syscall_begin {
  u64 time_ns; /* 0: none is running */
  s64 number;
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct syscall_begin);
} syscall_begins SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ebpf_syscalls_max);
  __type(key, u32);
  __type(value, struct ebpf_syscall);
} syscall_times SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, u64);
} futex_begins SEC(".maps");

static __always_inline void count_call(s64 number) {
  u32 slot = slot_of(number);
  u64* count = bpf_map_lookup_elem(&syscall_counts, &slot);
  if (count) __sync_fetch_and_add(count, 1);
}

static __always_inline void begin_call(s64 number) {
  struct syscall_begin* begin = bpf_task_storage_get(&syscall_begins, bpf_get_current_task_btf(), 0,
                                                     BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!begin) {
    add(counter_dropped_syscalls, 1);
    return;
  }
  begin->number = number;
  begin->time_ns = bpf_ktime_get_ns();
}

static __always_inline void end_call(s64 result) {
  u64 now = bpf_ktime_get_ns();
  struct syscall_begin* begin =
      bpf_task_storage_get(&syscall_begins, bpf_get_current_task_btf(), 0, 0);
  if (!begin || !begin->time_ns) return;
  u64 took = now - begin->time_ns;
  begin->time_ns = 0;
  record(histogram_syscall_ns, took);
  u32 slot = slot_of(begin->number);
  struct ebpf_syscall* total = bpf_map_lookup_elem(&syscall_times, &slot);
  if (!total) return;
  __sync_fetch_and_add(&total->count, 1);
  __sync_fetch_and_add(&total->total_ns, took);
  if (result < 0 && result >= errors_min) __sync_fetch_and_add(&total->errors, 1);
  if (took > total->max_ns) total->max_ns = took;
}

static __always_inline void begin_futex(struct pt_regs* registers) {
  u32 command = second_argument(registers) & FUTEX_COMMAND;
  if (command == futex_wake || command == futex_wake_bitset) add(counter_futex_wakes, 1);
  if (command != futex_wait && command != futex_wait_bitset && command != futex_lock_pi &&
      command != futex_lock_pi2 && command != futex_wait_requeue_pi)
    return;
  add(counter_futex_waits, 1);
  u64* begin = bpf_task_storage_get(&futex_begins, bpf_get_current_task_btf(), 0,
                                    BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (begin)
    *begin = bpf_ktime_get_ns();
  else
    add(counter_dropped_syscalls, 1);
}

static __always_inline void end_futex(void) {
  u64* begin = bpf_task_storage_get(&futex_begins, bpf_get_current_task_btf(), 0, 0);
  if (!begin || !*begin) return;
  record(histogram_futex_ns, bpf_ktime_get_ns() - *begin);
  *begin = 0;
}

static __always_inline bool is_open(s64 number) {
  return number >= 0 && (number == number_openat || number == number_open ||
                         number == number_openat2 || number == number_creat);
}

static __always_inline void count_open(s64 result) {
  add(counter_opens, 1);
  if (result < 0) add(result == no_such_file ? counter_opens_enoent : counter_opens_failed, 1);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(syscall_enter, struct pt_regs* registers, long number) {
  if (!syscount_wanted && !syslat_wanted && number != number_futex) return 0;
  if (!is_current_wanted()) return 0;
  bool other_numbers = is_32bit();
  if (syscount_wanted) {
    add(counter_syscalls, 1);
    if (other_numbers) add(counter_syscalls_32bit, 1);
  }
  if (other_numbers) return 0;
  if (syscount_wanted) count_call(number);
  if (futex_wanted && number == number_futex) begin_futex(registers);
  if (syslat_wanted) begin_call(number);
  return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(syscall_exit, struct pt_regs* registers, long result) {
  if (syslat_wanted) end_call(result);
  if (!futex_wanted && !opens_wanted) return 0;
  s64 number = number_in(registers);
  if (futex_wanted && number == number_futex) end_futex();
  if (opens_wanted && is_open(number) && is_current_wanted() && !is_32bit()) count_open(result);
  return 0;
}
