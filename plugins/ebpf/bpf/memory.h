// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// pagefaults, pagealloc, oomkill, cachestat: what memory was asked for, and whether the page cache
// had what was read. All in the context of who caused it.
#pragma once

#include "plugins/ebpf/bpf/common.h"

/* Since Linux 6.8 the tracepoint gives the task, before that its number. Set before loading. */
const volatile bool victim_is_task = true;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} oom_events SEC(".maps");

SEC("tp_btf/page_fault_user")
int BPF_PROG(pagefaults_user, unsigned long address, struct pt_regs* registers,
             unsigned long error) {
  if (!is_current_wanted()) return 0;
  add(counter_faults_user, 1);
  if (error & 2) add(counter_faults_user_write, 1);
  return 0;
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(pagefaults_kernel) {
  if (is_current_wanted()) add(counter_faults_kernel, 1);
  return 0;
}

SEC("tp_btf/mm_page_alloc")
int BPF_PROG(pagealloc_alloc, struct page* page, unsigned int order) {
  if (page && is_current_wanted()) add(counter_pages_allocated, 1UL << (order & 31));
  return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(oomkill_victim, struct task_struct* victim) {
  u32 pid = victim_is_task ? victim->tgid : (u32)(u64)victim;
  if (!is_wanted(pid)) return 0;
  add(counter_oom_kills, 1);
  struct ebpf_oom_event* event = bpf_ringbuf_reserve(&oom_events, sizeof *event, 0);
  if (!event) {
    add(counter_dropped_oom_events, 1);
    return 0;
  }
  __builtin_memset(event, 0, sizeof *event);
  event->time_ns = bpf_ktime_get_ns();
  event->pid = pid;
  if (victim_is_task) bpf_core_read_str(event->comm, sizeof event->comm, &victim->comm);
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  return 0;
}

static __always_inline u64 pages_of(struct folio* folio) {
  unsigned long flags = 0;
  bpf_probe_read_kernel(&flags, sizeof flags, folio);
  if (!(flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1)) return 1;
  return 1UL << (BPF_CORE_READ(folio, _flags_1) & 31);
}

struct cache_use {
  u64 mapping; /* of the last read, from page `first` to `last` */
  u64 first;
  u64 last;
  u64 added; /* pages of one file, since the last read or write; what they are for comes after */
  u64 added_to;
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct cache_use);
} cache_uses SEC(".maps");

static __always_inline struct cache_use* cache_use_of_current(void) {
  struct cache_use* use = bpf_task_storage_get(&cache_uses, bpf_get_current_task_btf(), 0,
                                               BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!use) add(counter_dropped_cache_reads, 1);
  return use;
}

/* A read of many folios comes in several batches, and each tells all that is left of it. */
SEC("tp_btf/mm_filemap_get_pages")
int BPF_PROG(cachestat_read, struct address_space* mapping, unsigned long first,
             unsigned long last) {
  if (!is_current_wanted()) return 0;
  struct cache_use* use = cache_use_of_current();
  if (!use) return 0;
  bool goes_on = use->mapping == (u64)mapping && use->last == last && first > use->first;
  use->mapping = (u64)mapping;
  use->first = first;
  use->last = last;
  if (use->added && use->added_to == (u64)mapping) add(counter_cache_missed_pages, use->added);
  use->added = 0;
  if (!goes_on) add(counter_cache_read_pages, last - first + 1);
  return 0;
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(cachestat_add, struct folio* folio) {
  if (!is_current_wanted()) return 0;
  u64 pages = pages_of(folio);
  add(counter_cache_added_pages, pages);
  struct cache_use* use = cache_use_of_current();
  if (!use) return 0;
  u64 mapping = (u64)BPF_CORE_READ(folio, mapping);
  if (use->added_to != mapping) use->added = 0;
  use->added_to = mapping;
  use->added += pages;
  return 0;
}

SEC("tp_btf/mm_filemap_fault")
int BPF_PROG(cachestat_fault) {
  if (is_current_wanted()) add(counter_cache_faults, 1);
  return 0;
}

SEC("tp_btf/mm_filemap_map_pages")
int BPF_PROG(cachestat_map, struct address_space* mapping, unsigned long first,
             unsigned long last) {
  if (is_current_wanted()) add(counter_cache_mapped_pages, last - first + 1);
  return 0;
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(cachestat_dirty) {
  if (!is_current_wanted()) return 0;
  add(counter_cache_dirtied_folios, 1);
  struct cache_use* use = bpf_task_storage_get(&cache_uses, bpf_get_current_task_btf(), 0, 0);
  if (use) use->added = 0; /* for what is written, which nobody missed */
  return 0;
}

SEC("tp_btf/mm_filemap_delete_from_page_cache")
int BPF_PROG(cachestat_evict) {
  if (is_current_wanted()) add(counter_cache_evicted_folios, 1);
  return 0;
}
