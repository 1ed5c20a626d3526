// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// biolatency and biosnoop: requests to disks, from whoever asked for them. The time in the queue is
// from there to the driver, the time in the device from the driver to the end. What is written back
// later by a thread of the kernel belongs to nobody of a tree.
#pragma once

#include "plugins/ebpf/bpf/common.h"

/* Set before loading. Kernels before 6.5 do not say who starts a request; its issuer is taken. */
const volatile bool tells_start = true;
const volatile bool block_events_wanted = false;

enum { operation_mask = 0xff, operation_read = 0, operation_write = 1 };

struct block_request {
  u64 queued_ns;
  u64 issued_ns; /* 0: not yet */
  u32 pid;
  u32 unused;
  char comm[ebpf_comm_bytes];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, u64);
  __type(value, struct block_request);
} block_requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, u32); /* as in struct ebpf_block_event */
  __type(value, struct ebpf_hist);
} disks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} block_events SEC(".maps");

static const struct ebpf_hist empty_hist;

static __always_inline void begin_request(u64 key, u64 now) {
  struct block_request begun = {.queued_ns = now, .pid = current_tgid()};
  bpf_get_current_comm(begun.comm, sizeof begun.comm);
  if (bpf_map_update_elem(&block_requests, &key, &begun, BPF_ANY)) add(counter_dropped_blocks, 1);
}

SEC("tp_btf/block_io_start")
int BPF_PROG(block_start, struct request* request) {
  if (is_current_wanted()) begin_request((u64)request, bpf_ktime_get_ns());
  return 0;
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(block_issue, struct request* request) {
  u64 key = (u64)request;
  u64 now = bpf_ktime_get_ns();
  if (!tells_start && is_current_wanted()) begin_request(key, now);
  struct block_request* begun = bpf_map_lookup_elem(&block_requests, &key);
  if (!begun) return 0;
  begun->issued_ns = now;
  record(histogram_block_queue_ns, now - begun->queued_ns);
  return 0;
}

static __always_inline void add_to_disk(u32 device, u64 took) {
  struct ebpf_hist* hist = bpf_map_lookup_elem(&disks, &device);
  if (!hist) {
    bpf_map_update_elem(&disks, &device, &empty_hist, BPF_NOEXIST);
    hist = bpf_map_lookup_elem(&disks, &device);
  }
  if (hist)
    add_at(hist, log2_of(took), took);
  else
    add(counter_dropped_disks, 1);
}

static __always_inline void count_request(u32 operation, u32 bytes) {
  if (operation == operation_read) {
    add(counter_block_reads, 1);
    add(counter_block_read_bytes, bytes);
  } else if (operation == operation_write) {
    add(counter_block_writes, 1);
    add(counter_block_write_bytes, bytes);
  } else {
    add(counter_block_others, 1); /* discards, flushes */
  }
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_complete, struct request* request, int error, unsigned int bytes) {
  u64 key = (u64)request;
  u64 now = bpf_ktime_get_ns();
  struct block_request* begun = bpf_map_lookup_elem(&block_requests, &key);
  if (!begun) return 0;
  u32 operation = BPF_CORE_READ(request, cmd_flags) & operation_mask;
  u32 device = BPF_CORE_READ(request, part, bd_dev);
  u64 issued = begun->issued_ns ? begun->issued_ns : begun->queued_ns;
  count_request(operation, bytes);
  add_to_disk(device, now - issued);
  if (block_events_wanted) {
    struct ebpf_block_event* event = bpf_ringbuf_reserve(&block_events, sizeof *event, 0);
    if (event) {
      event->time_ns = now;
      event->queued_ns = issued - begun->queued_ns;
      event->device_ns = now - issued;
      event->sector = BPF_CORE_READ(request, __sector);
      event->bytes = bytes;
      event->operation = operation;
      event->device = device;
      event->pid = begun->pid;
      __builtin_memcpy(event->comm, begun->comm, sizeof event->comm);
      bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
    } else {
      add(counter_dropped_block_events, 1);
    }
  }
  bpf_map_delete_elem(&block_requests, &key);
  return 0;
}
