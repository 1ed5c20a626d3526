// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The kernel's types, as far as the programs look into them. CO-RE looks the fields up by name in
// the running kernel, so order, size and what is left out do not matter, and building needs neither
// vmlinux.h nor the BTF of any kernel. Include first.
#pragma once

#include <linux/types.h>
/* after the types */
#include <linux/bpf.h>
/* after both */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
enum { false, true };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct rq {
  unsigned int nr_running;
};
struct cfs_rq {
  struct rq* rq;
};
struct sched_entity {
  struct cfs_rq* cfs_rq;
};
struct thread_info {
  u32 status;
};
struct task_struct {
  struct thread_info thread_info;
  unsigned int __state;
  unsigned int flags;
  struct sched_entity se;
  int exit_state;
  int exit_code;
  u32 pid;
  u32 tgid;
  struct task_struct* real_parent;
  u64 start_time;
  char comm[ebpf_comm_bytes];
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long si;
  unsigned long orig_ax;
  unsigned long sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
  unsigned long regs[31];
};
struct pt_regs {
  unsigned long regs[31];
  unsigned long sp;
  s32 syscallno;
};
#endif

struct linux_binprm {
  const char* filename;
};

struct block_device {
  u32 bd_dev;
};
struct request {
  unsigned int cmd_flags;
  u64 __sector;
  struct block_device* part;
};

struct address_space;
struct folio { /* its flags come first, as a number or in a struct */
  struct address_space* mapping;
  unsigned long _flags_1;
};
struct page;

struct net;
struct possible_net {
  struct net* net;
};
struct in6_addr {
  u8 bytes[16];
};
struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  u16 skc_num;
  u16 skc_family;
  volatile unsigned char skc_state;
  struct possible_net skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
  struct sock_common __sk_common;
  u16 sk_protocol;
};
struct request_sock;
struct tcp_sock {
  u32 srtt_us;
};
struct sk_buff {
  char cb[48];
};
struct tcp_skb_cb {
  u16 tcp_gso_segs;
};

#pragma clang attribute pop

enum pageflags { PG_head = 6 }; /* the running kernel's own number is asked for */
