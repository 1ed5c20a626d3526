// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// tcpconnlat, tcpretrans, tcprtt. Timers and interrupts send and receive on behalf of nobody, so a
// socket is remembered with whoever connected it, and a port with whoever listens on it.
#pragma once

#include "plugins/ebpf/bpf/common.h"

/* Since Linux 6.15 the tracepoint also tells of tries that failed. Set before loading. */
const volatile bool retransmit_tells_error = false;

enum { protocol_tcp = 6, family_ipv6 = 10 };
enum { established = 1, syn_sent = 2, syn_received = 3, closed = 7, listening = 10 };

struct tcp_begin {
  u64 time_ns;
  u32 pid;
  u32 unused;
  char comm[ebpf_comm_bytes];
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, u64); /* struct sock */
  __type(value, struct tcp_begin);
} tcp_begins SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, u64); /* struct sock */
  __type(value, u32);
} tcp_owners SEC(".maps");

struct tcp_port {
  u64 network; /* struct net */
  u64 port;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct tcp_port);
  __type(value, u32);
} tcp_ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} tcp_events SEC(".maps");

static __always_inline struct tcp_port port_of(const struct sock* sock) {
  struct tcp_port port = {.network = (u64)BPF_CORE_READ(sock, __sk_common.skc_net.net),
                          .port = BPF_CORE_READ(sock, __sk_common.skc_num)};
  return port;
}

static __always_inline bool is_port_wanted(const struct sock* sock) {
  if (whole_host) return true;
  struct tcp_port port = port_of(sock);
  return bpf_map_lookup_elem(&tcp_ports, &port);
}
static __always_inline bool is_socket_wanted(const struct sock* sock) {
  u64 key = (u64)sock;
  return whole_host || bpf_map_lookup_elem(&tcp_owners, &key) || is_port_wanted(sock);
}

static __always_inline void tell(const struct sock* sock, struct ebpf_tcp_event* about) {
  struct ebpf_tcp_event* event = bpf_ringbuf_reserve(&tcp_events, sizeof *event, 0);
  if (!event) {
    add(counter_dropped_tcp_events, 1);
    return;
  }
  __builtin_memcpy(event, about, sizeof *event);
  event->time_ns = bpf_ktime_get_ns();
  event->state = BPF_CORE_READ(sock, __sk_common.skc_state);
  event->family = BPF_CORE_READ(sock, __sk_common.skc_family);
  event->local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
  event->remote_port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
  if (event->family == family_ipv6) {
    BPF_CORE_READ_INTO(&event->local, sock, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO(&event->remote, sock, __sk_common.skc_v6_daddr);
  } else {
    u32 address = BPF_CORE_READ(sock, __sk_common.skc_rcv_saddr);
    __builtin_memcpy(event->local, &address, sizeof address);
    address = BPF_CORE_READ(sock, __sk_common.skc_daddr);
    __builtin_memcpy(event->remote, &address, sizeof address);
  }
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

static __always_inline void own(u64 key, u32 pid) {
  if (!whole_host && bpf_map_update_elem(&tcp_owners, &key, &pid, BPF_ANY))
    add(counter_dropped_sockets, 1);
}

/* In the caller's context. */
static __always_inline void begin_connect(u64 key) {
  u32 pid = current_tgid();
  if (!is_wanted(pid)) return;
  struct tcp_begin begin = {.time_ns = bpf_ktime_get_ns(), .pid = pid};
  bpf_get_current_comm(begin.comm, sizeof begin.comm);
  if (bpf_map_update_elem(&tcp_begins, &key, &begin, BPF_ANY)) add(counter_dropped_sockets, 1);
  own(key, pid);
}

static __always_inline void end_connect(const struct sock* sock, u64 key, bool connected) {
  struct tcp_begin* begin = bpf_map_lookup_elem(&tcp_begins, &key);
  if (!begin) return;
  if (connected) {
    struct ebpf_tcp_event event = {.kind = ebpf_tcp_connect, .pid = begin->pid};
    event.latency_ns = bpf_ktime_get_ns() - begin->time_ns;
    __builtin_memcpy(event.comm, begin->comm, sizeof event.comm);
    record(histogram_connect_ns, event.latency_ns);
    add(counter_tcp_connects, 1);
    tell(sock, &event);
  } else {
    add(counter_tcp_connects_failed, 1);
  }
  bpf_map_delete_elem(&tcp_begins, &key);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock* sock, const int before, const int after) {
  if (BPF_CORE_READ(sock, sk_protocol) != protocol_tcp) return 0;
  u64 key = (u64)sock;
  if (after == syn_sent) {
    begin_connect(key);
  } else if (after == listening && !whole_host) {
    u32 pid = current_tgid();
    struct tcp_port port = port_of(sock);
    if (is_wanted(pid) && bpf_map_update_elem(&tcp_ports, &port, &pid, BPF_ANY))
      add(counter_dropped_sockets, 1);
  } else if (before == syn_sent) {
    end_connect(sock, key, after == established);
  } else if (before == syn_received && after == established && is_port_wanted(sock)) {
    add(counter_tcp_accepts, 1);
  }
  if (after == closed) bpf_map_delete_elem(&tcp_owners, &key);
  return 0;
}

/* Not through BPF_PROG, which would read the third argument where there is none. */
SEC("tp_btf/tcp_retransmit_skb")
int tcpretrans_segment(unsigned long long* ctx) {
  const struct sock* sock = (const void*)ctx[0];
  const struct sk_buff* packet = (const void*)ctx[1];
  if (retransmit_tells_error && (int)ctx[2]) return 0;
  if (!is_socket_wanted(sock)) return 0;
  struct tcp_skb_cb* control = (void*)__builtin_preserve_access_index(&packet->cb);
  u16 segments = BPF_CORE_READ(control, tcp_gso_segs);
  add(counter_tcp_retransmits, segments ? segments : 1); /* as RetransSegs counts */
  struct ebpf_tcp_event event = {.kind = ebpf_tcp_retransmit};
  u64 key = (u64)sock;
  u32* owner = bpf_map_lookup_elem(&tcp_owners, &key);
  if (owner) event.pid = *owner;
  tell(sock, &event);
  return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcpretrans_synack, const struct sock* sock) {
  if (is_port_wanted(sock)) add(counter_tcp_synack_retransmits, 1);
  return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tcprtt_probe, struct sock* sock) {
  if (!is_socket_wanted(sock)) return 0;
  struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sock);
  if (!tcp) return 0;
  u32 smoothed = tcp->srtt_us >> 3; /* the kernel keeps eight times the value */
  if (smoothed) record(histogram_rtt_us, smoothed);
  return 0;
}
