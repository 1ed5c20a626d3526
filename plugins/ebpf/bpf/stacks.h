// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// profile: where CPUs were when they were looked at. offcputime: where threads were when they gave
// up their CPU, and for how long. Addresses only; names are the plugin's business.
#pragma once

#include "plugins/ebpf/bpf/common.h"

const volatile bool tells_user_registers = false;

/* A stack has one place, which its addresses tell. Who finds another one there looks for the same
 * place in the second map. */
struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, ebpf_stacks_max);
  __uint(key_size, sizeof(u32));
  __uint(value_size, ebpf_stack_frames_max * sizeof(u64));
} stack_traces SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, ebpf_stacks_max);
  __uint(key_size, sizeof(u32));
  __uint(value_size, ebpf_stack_frames_max * sizeof(u64));
} more_traces SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2 * ebpf_stacks_max);
  __type(key, u32); /* as in struct ebpf_stack_key */
  __type(value, struct ebpf_stack_top);
} stack_tops SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, struct ebpf_stack_key);
  __type(value, struct ebpf_stack_total);
} stack_totals SEC(".maps");

struct off_cpu {
  u64 since_ns;
  struct ebpf_stack_key key;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, u32); /* thread */
  __type(value, struct off_cpu);
} off_cpus SEC(".maps");

enum { no_stack = -14, already_exists = -17, kernel_thread = 0x00200000 };
enum { scheduler_frames = 3 }; /* of the tracepoint and the switch itself */

static __always_inline void add_to_stack(struct ebpf_stack_key* key, u64 took) {
  struct ebpf_stack_total* total = bpf_map_lookup_elem(&stack_totals, key);
  if (!total) {
    struct ebpf_stack_total none = {};
    bpf_map_update_elem(&stack_totals, key, &none, BPF_NOEXIST);
    total = bpf_map_lookup_elem(&stack_totals, key);
  }
  if (!total) {
    add(counter_dropped_stacks, 1);
    return;
  }
  __sync_fetch_and_add(&total->count, 1);
  __sync_fetch_and_add(&total->total_ns, took);
}

/* Of the current task, once for each stack: equal instructions find equal frames there. */
static __always_inline void take_top(s32 stack) {
  if (!tells_user_registers || stack < 0) return;
  u32 at = stack;
  struct ebpf_stack_top* top = bpf_map_lookup_elem(&stack_tops, &at);
  if (!top || top->is_taken) return;
  struct pt_regs* registers = (struct pt_regs*)bpf_task_pt_regs(bpf_get_current_task_btf());
  bpf_probe_read_user(top->words, sizeof top->words, (void*)registers->sp);
  top->is_taken = 1;
}

static __always_inline s32 stack_of(void* ctx, u64 flags) {
  s32 stack = bpf_get_stackid(ctx, &stack_traces, flags);
  if (stack != already_exists) return stack;
  stack = bpf_get_stackid(ctx, &more_traces, flags);
  return stack < 0 ? stack : stack + ebpf_stacks_max;
}
static __always_inline bool is_lost(s32 stack) { return stack < 0 && stack != no_stack; }

static __always_inline void take_stacks(void* ctx, struct ebpf_stack_key* key, u64 skipped) {
  bpf_get_current_comm(key->comm, sizeof key->comm);
  key->user_stack = stack_of(ctx, BPF_F_USER_STACK);
  take_top(key->user_stack);
  key->kernel_stack = stack_of(ctx, skipped);
  if (is_lost(key->user_stack) || is_lost(key->kernel_stack)) add(counter_dropped_stacks, 1);
}

SEC("perf_event")
int profile_tick(void* ctx) {
  u32 pid = current_tgid();
  if (!pid) {
    if (whole_host) add(counter_samples_idle, 1);
    return 0;
  }
  if (!is_wanted(pid)) return 0;
  add(counter_samples, 1);
  struct ebpf_stack_key key = {.pid = pid};
  take_stacks(ctx, &key, 0);
  add_to_stack(&key, 0);
  return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(offcputime_switch, bool preempted, struct task_struct* prev,
             struct task_struct* next) {
  u64 now = bpf_ktime_get_ns();
  u32 pid = prev->pid;
  /* Who has ended does not come back; its number may, with somebody else. */
  bool comes_back = !(prev->flags & kernel_thread) && !prev->exit_state;
  if (pid && comes_back && is_wanted(prev->tgid)) {
    struct off_cpu off = {.since_ns = now, .key = {.pid = prev->tgid, .off_cpu = 1}};
    take_stacks(ctx, &off.key, scheduler_frames); /* prev is current still */
    if (bpf_map_update_elem(&off_cpus, &pid, &off, BPF_ANY)) add(counter_dropped_offcpu, 1);
  }
  pid = next->pid;
  struct off_cpu* off = bpf_map_lookup_elem(&off_cpus, &pid);
  if (!off) return 0;
  u64 took = now - off->since_ns;
  struct ebpf_stack_key key = off->key;
  add(counter_offcpu_switches, 1);
  record(histogram_offcpu_ns, took);
  add_to_stack(&key, took);
  bpf_map_delete_elem(&off_cpus, &pid);
  return 0;
}
