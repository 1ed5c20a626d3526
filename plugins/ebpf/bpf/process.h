// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// execsnoop: which programs ran, for how long, and how they ended. Told by the tracker, which is
// where programs are executed.
#pragma once

#include "plugins/ebpf/bpf/common.h"

/* Set before loading. */
const volatile bool exec_events_wanted = false;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, u32); /* process */
  __type(value, u64);
} exec_times SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} exec_events SEC(".maps");

static __always_inline struct ebpf_exec_event* new_event(u32 pid, u64 now) {
  struct ebpf_exec_event* event = bpf_ringbuf_reserve(&exec_events, sizeof *event, 0);
  if (!event) {
    add(counter_dropped_exec_events, 1);
    return 0;
  }
  __builtin_memset(event, 0, sizeof *event);
  event->time_ns = now;
  event->pid = pid;
  bpf_get_current_comm(event->comm, sizeof event->comm);
  return event;
}

static __always_inline void tell_exec(struct task_struct* task, struct linux_binprm* program) {
  u32 pid = task->tgid;
  u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&exec_times, &pid, &now, BPF_ANY);
  struct ebpf_exec_event* event = new_event(pid, now);
  if (!event) return;
  event->parent = BPF_CORE_READ(task, real_parent, tgid);
  bpf_probe_read_kernel_str(event->file, sizeof event->file, BPF_CORE_READ(program, filename));
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(execsnoop_exit, struct task_struct* task) {
  u32 pid = task->tgid;
  if (task->pid != pid || !is_wanted(pid)) return 0;
  add(counter_exits, 1);
  u64 now = bpf_ktime_get_ns();
  u64* begun = bpf_map_lookup_elem(&exec_times, &pid);
  u64 lived = begun ? now - *begun : 0;
  bpf_map_delete_elem(&exec_times, &pid); /* its number may come back with somebody else */
  struct ebpf_exec_event* event = new_event(pid, now);
  if (!event) return 0;
  event->lived_ns = lived;
  event->parent = BPF_CORE_READ(task, real_parent, tgid);
  event->exit_code = BPF_CORE_READ(task, exit_code);
  event->is_exit = 1;
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  return 0;
}
