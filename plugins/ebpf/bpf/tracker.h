// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Which processes are observed. The root is when it executes its program; whatever an observed
// process starts is, whoever its parent becomes; nobody is any more once the kernel frees it, when
// all of its accounting has happened. Ours are followed in the same way, to be left out.
#pragma once

#include "plugins/ebpf/bpf/common.h"
#include "plugins/ebpf/bpf/process.h"

static __always_inline void follow(struct task_struct* task, u32 who) {
  u32 tgid = task->tgid;
  struct ebpf_process process = {.started_ns = task->start_time, .who = who};
  if (bpf_map_update_elem(&processes, &tgid, &process, BPF_ANY)) add(counter_dropped_processes, 1);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(track_exec, struct task_struct* task, int old_pid, struct linux_binprm* program) {
  u32 tgid = task->tgid;
  if (!whole_host && tgid == root_pid && !bpf_map_lookup_elem(&processes, &tgid))
    follow(task, ebpf_observed);
  if (!is_wanted(tgid)) return 0;
  add(counter_execs, 1);
  if (exec_events_wanted) tell_exec(task, program);
  return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(track_fork, struct task_struct* parent, struct task_struct* child) {
  u32 tgid = parent->tgid;
  if (tgid == child->tgid) return 0; /* a thread */
  struct ebpf_process* known = bpf_map_lookup_elem(&processes, &tgid);
  if (known) follow(child, known->who);
  if (is_wanted(tgid)) add(counter_forks, 1);
  return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(track_free, struct task_struct* task) {
  u32 tgid = task->tgid;
  if (task->pid != tgid) return 0;
  struct ebpf_process* known = bpf_map_lookup_elem(&processes, &tgid);
  if (known && (!known->started_ns || known->started_ns == task->start_time))
    bpf_map_delete_elem(&processes, &tgid);
  return 0;
}
