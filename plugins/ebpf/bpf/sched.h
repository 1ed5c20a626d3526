// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// runqlat: from runnable to running. ctxswitch: why threads gave up a CPU, and moved to another.
// runqlen: how many others waited for the CPU that was looked at.
#pragma once

#include "plugins/ebpf/bpf/common.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, u32); /* thread */
  __type(value, u64);
} runnable_since SEC(".maps");

static __always_inline int becomes_runnable(struct task_struct* task) {
  u32 pid = task->pid;
  if (!pid || !is_wanted(task->tgid)) return 0;
  u64 now = bpf_ktime_get_ns();
  if (bpf_map_update_elem(&runnable_since, &pid, &now, BPF_ANY)) add(counter_dropped_runqlat, 1);
  return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(runqlat_wakeup, struct task_struct* task) { return becomes_runnable(task); }

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(runqlat_wakeup_new, struct task_struct* task) { return becomes_runnable(task); }

SEC("tp_btf/sched_switch")
int BPF_PROG(runqlat_switch, bool preempted, struct task_struct* prev, struct task_struct* next) {
  if (is_runnable(prev)) becomes_runnable(prev);
  u32 pid = next->pid;
  u64* since = bpf_map_lookup_elem(&runnable_since, &pid);
  if (!since) return 0;
  record(histogram_runqlat_ns, bpf_ktime_get_ns() - *since);
  bpf_map_delete_elem(&runnable_since, &pid);
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(ctxswitch_switch, bool preempted, struct task_struct* prev) {
  if (!prev->pid || !is_wanted(prev->tgid)) return 0;
  bool held = preempted || is_runnable(prev);
  add(held ? counter_switches_involuntary : counter_switches_voluntary, 1);
  return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(ctxswitch_migrate, struct task_struct* task) {
  if (is_wanted(task->tgid)) add(counter_migrations, 1);
  return 0;
}

SEC("perf_event")
int runqlen_tick(void* ctx) {
  u32 tgid = current_tgid();
  if (tgid ? !is_wanted(tgid) : !whole_host) return 0;
  struct task_struct* task = (void*)bpf_get_current_task();
  u32 running = BPF_CORE_READ(task, se.cfs_rq, rq, nr_running);
  u64 waiting = running ? running - 1 : 0;
  u32 key = histogram_runqlen;
  struct ebpf_hist* hist = bpf_map_lookup_elem(&histograms, &key);
  if (hist) add_at(hist, waiting < ebpf_hist_slots ? waiting : ebpf_hist_slots - 1, waiting);
  return 0;
}
