// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What the BPF programs write and the plugin reads: indices of the shared maps and the records in
// them. Plain C, compiled into both sides of one build.
#pragma once

#include <linux/types.h>

enum {
  ebpf_comm_bytes = 16,
  ebpf_syscalls_max = 512, /* a number beyond them is counted in the last one */
  ebpf_hist_slots = 64,    /* slot n counts values from 2^n to 2^(n+1) - 1; slot 0 has 0 too */
  ebpf_stack_frames_max = 127,
  ebpf_stacks_max = 4096, /* of each of the two maps of stacks */
  ebpf_file_bytes = 128,
};

/* Who a process is to us; processes that are neither are not in the map. */
enum { ebpf_observed = 1, ebpf_ours = 2 };

struct ebpf_process {
  __u64 started_ns; /* of the task; tells two owners of one number apart. 0: not known */
  __u32 who;
  __u32 unused;
};

/* One 64-bit counter each, per CPU. */
enum ebpf_counter {
  counter_forks,
  counter_execs,
  counter_exits,
  counter_switches_voluntary,
  counter_switches_involuntary,
  counter_migrations,
  counter_syscalls,
  counter_syscalls_32bit,
  counter_opens,
  counter_opens_enoent,
  counter_opens_failed,
  counter_futex_waits,
  counter_futex_wakes,
  counter_faults_user,
  counter_faults_user_write,
  counter_faults_kernel,
  counter_pages_allocated,
  counter_oom_kills,
  counter_cache_read_pages,
  counter_cache_added_pages,
  counter_cache_missed_pages,
  counter_cache_faults,
  counter_cache_mapped_pages,
  counter_cache_dirtied_folios,
  counter_cache_evicted_folios,
  counter_block_reads,
  counter_block_read_bytes,
  counter_block_writes,
  counter_block_write_bytes,
  counter_block_others,
  counter_tcp_connects,
  counter_tcp_connects_failed,
  counter_tcp_accepts,
  counter_tcp_retransmits,
  counter_tcp_synack_retransmits,
  counter_samples,
  counter_samples_idle,
  counter_offcpu_switches,
  /* What did not fit into a map; each is reported where numbers are missing for it. */
  counter_dropped_processes,
  counter_dropped_runqlat,
  counter_dropped_syscalls,
  counter_dropped_cache_reads,
  counter_dropped_blocks,
  counter_dropped_disks,
  counter_dropped_sockets,
  counter_dropped_offcpu,
  counter_dropped_stacks,
  counter_dropped_block_events,
  counter_dropped_exec_events,
  counter_dropped_tcp_events,
  counter_dropped_oom_events,
  counter_count
};

struct ebpf_hist {
  __u64 slots[ebpf_hist_slots];
  __u64 count;
  __u64 sum;
  __u64 max;
};

/* One histogram each, per CPU. */
enum ebpf_histogram {
  histogram_runqlat_ns,
  histogram_runqlen, /* linear: slot n is the length n */
  histogram_block_queue_ns,
  histogram_connect_ns,
  histogram_rtt_us,
  histogram_syscall_ns,
  histogram_futex_ns,
  histogram_offcpu_ns,
  histogram_count
};

struct ebpf_syscall {
  __u64 count;
  __u64 errors;
  __u64 total_ns;
  __u64 max_ns;
};

struct ebpf_block_event {
  __u64 time_ns; /* of bpf_ktime_get_ns(), at completion */
  __u64 queued_ns;
  __u64 device_ns;
  __u64 sector;
  __u32 bytes;
  __u32 operation;
  __u32 device; /* as in the kernel: major << 20 | minor */
  __u32 pid;
  char comm[ebpf_comm_bytes];
};

struct ebpf_exec_event {
  __u64 time_ns;
  __u64 lived_ns; /* since its last exec; 0 with an exec, or when that was not seen */
  __u32 pid;
  __u32 parent;
  __s32 exit_code; /* as wait() has it */
  __u32 is_exit;
  char comm[ebpf_comm_bytes];
  char file[ebpf_file_bytes]; /* "" with an exit */
};

enum { ebpf_tcp_connect = 1, ebpf_tcp_retransmit = 2 };

struct ebpf_tcp_event {
  __u64 time_ns;
  __u64 latency_ns;
  __u32 kind;
  __u32 pid; /* 0: not known, as of what a timer sends */
  __u32 state;
  __u16 family;
  __u16 local_port;
  __u16 remote_port;
  __u16 unused[3];
  __u8 local[16];
  __u8 remote[16];
  char comm[ebpf_comm_bytes];
};

struct ebpf_oom_event {
  __u64 time_ns;
  __u32 pid;
  __u32 unused;
  char comm[ebpf_comm_bytes];
};

/* Stacks are numbers of the first map of stacks, from ebpf_stacks_max on of the second; below 0
 * there is none. */
struct ebpf_stack_key {
  __u32 pid;
  __s32 user_stack;
  __s32 kernel_stack;
  __u32 off_cpu; /* 0: sampled while it ran */
  char comm[ebpf_comm_bytes];
};
/* What lies on top of a user stack: where return addresses are that no frame leads to. */
enum { ebpf_stack_top_words = 64 };
struct ebpf_stack_top {
  __u64 is_taken;
  __u64 words[ebpf_stack_top_words];
};
struct ebpf_stack_total {
  __u64 count;
  __u64 total_ns; /* 0 of those that were sampled */
};
