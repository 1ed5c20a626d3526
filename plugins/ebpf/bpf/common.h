// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What all programs share: who is observed, counters, histograms. A map has a fixed size; what does
// not fit is counted. Counters are per CPU and added to atomically all the same: a task may be
// interrupted between reading and writing by another that runs the same program.
#pragma once

#include "plugins/ebpf/bpf/kernel.h"

/* Set before loading. */
const volatile bool whole_host = false; /* else: root_pid, and who is in the map from the start */
const volatile __u32 root_pid = 0;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, u32);
  __type(value, struct ebpf_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, counter_count);
  __type(key, u32);
  __type(value, u64);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, histogram_count);
  __type(key, u32);
  __type(value, struct ebpf_hist);
} histograms SEC(".maps");

static __always_inline void add(enum ebpf_counter counter, u64 amount) {
  u32 key = counter;
  u64* value = bpf_map_lookup_elem(&counters, &key);
  if (value) __sync_fetch_and_add(value, amount);
}

static __always_inline bool is_wanted(u32 tgid) {
  struct ebpf_process* process = bpf_map_lookup_elem(&processes, &tgid);
  if (whole_host) return !process || process->who != ebpf_ours;
  return process && process->who == ebpf_observed;
}
static __always_inline u32 current_tgid(void) { return bpf_get_current_pid_tgid() >> 32; }
static __always_inline bool is_current_wanted(void) { return is_wanted(current_tgid()); }

static __always_inline u32 log2_of(u64 value) {
  u32 log = 0;
  if (value >> 32) {
    log += 32;
    value >>= 32;
  }
  if (value >> 16) {
    log += 16;
    value >>= 16;
  }
  if (value >> 8) {
    log += 8;
    value >>= 8;
  }
  if (value >> 4) {
    log += 4;
    value >>= 4;
  }
  if (value >> 2) {
    log += 2;
    value >>= 2;
  }
  return log + (value >> 1);
}

static __always_inline void add_at(struct ebpf_hist* hist, u64 slot, u64 value) {
  /* clang 14 drops a plain "&", and with it what the verifier has to see. */
  asm volatile("%0 &= 63" : "+r"(slot));
  __sync_fetch_and_add(&hist->slots[slot], 1);
  __sync_fetch_and_add(&hist->count, 1);
  __sync_fetch_and_add(&hist->sum, value);
  if (value > hist->max) hist->max = value;
}
static __always_inline void record(enum ebpf_histogram histogram, u64 value) {
  u32 key = histogram;
  struct ebpf_hist* hist = bpf_map_lookup_elem(&histograms, &key);
  if (hist) add_at(hist, log2_of(value), value);
}

static __always_inline bool is_runnable(struct task_struct* task) { return task->__state == 0; }
