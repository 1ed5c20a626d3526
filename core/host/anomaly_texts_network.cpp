// Network: sockets and packets.
#include "core/host/anomaly_texts.h"

namespace melisai::host {
namespace {

constexpr std::array<AnomalyText, 16> kTexts = {{
    {"tcp_timewait",
     "Many closed connections wait out their last minute. Each holds a local port towards the "
     "same peer, which can run out; memory is hardly touched.",
     {"a client that opens a connection for every request",
      "a proxy without keep-alive to its "
      "backends",
      "load tests"},
     {"active_opens in network_stats", "ss -tan state time-wait: which peer and port",
      "ip_local_port_range and tcp_tw_reuse in sysctls"}},
    {"tcp_close_wait",
     "The other side has closed and our program has not: it forgot the socket. These never go "
     "away by themselves, so that even one that stays is a leak of file descriptors.",
     {"an error path without close()", "a connection pool that never checks its connections",
      "a thread that is stuck and would have closed"},
     {"ss -tanp state close-wait: which process",
      "fds in top_by_cpu and top_by_mem: do they "
      "grow?",
      "two reports some minutes apart, compared"}},
    {"listen_overflows",
     "Connections were refused because the queue of a listening socket was full: clients see "
     "time-outs of a second and more.",
     {"a server that accepts too slowly (one thread, stuck or overloaded)",
      "too short a queue: listen() backlog or net.core.somaxconn", "a burst, or a SYN flood"},
     {"listen_sockets in network_stats: which port is full",
      "somaxconn and "
      "tcp_max_syn_backlog in sysctls",
      "CPU and threads of the server"}},
    {"listen_queue_saturation",
     "Finished handshakes wait in a listening socket's queue for accept(), and it is nearly "
     "full. "
     "The next burst overflows it.",
     {"the server is busy or blocked", "a backlog that is too small for the rate"},
     {"listen_sockets: address and fill_pct", "listen_overflows: did it happen already?",
      "what the accepting thread does (stack, profile)"}},
    {"tcp_abort_on_memory",
     "The kernel closed connections because TCP had used up its memory or had too many orphaned "
     "sockets.",
     {"net.ipv4.tcp_mem too small for the number of connections",
      "receivers that do not read, so that buffers fill", "a leak of sockets"},
     {"socket_mem: tcp_mem_pages and tcp_orphans against tcp_mem in sysctls",
      "ss -tm: whose buffers", "tcp_close_wait"}},
    {"tcp_rcvq_drop",
     "Packets that had arrived were thrown away because a socket's receive queue was full: the "
     "sender has to send them again.",
     {"a program that reads too slowly", "small receive buffers (tcp_rmem, SO_RCVBUF)",
      "a pause of the program: garbage collection, CPU limit"},
     {"recvq_saturated_count and ss -tn: Recv-Q", "cpu_throttling and runqlat_p99",
      "tcp_rmem and rmem_max in sysctls"}},
    {"tcp_zero_window_drop",
     "Peers sent into a window that we had closed because our buffer was full, and the packets "
     "were dropped.",
     {"a program that does not read while data arrives", "a peer that probes too eagerly",
      "small receive buffers"},
     {"tcp_to_zero_window_adv: how often the window closed", "tcp_rcvq_drop",
      "ss -tmi of the connection"}},
    {"udp_rcvbuf_errors",
     "UDP datagrams were lost at the last step: they had arrived, and the socket's buffer was "
     "full. Nobody sends them again.",
     {"a reader that is too slow, or has one thread", "bursts above net.core.rmem_default",
      "a metrics or log collector under load"},
     {"ss -uanm: which socket, Recv-Q", "rmem_max in sysctls and SO_RCVBUF of the program",
      "top_by_cpu in process_info"}},
    {"dns_latency_p99",
     "One look-up of a host name in a hundred took this long; every new connection pays for it.",
     {"a name server that is far, slow or lost (the next is tried after seconds)",
      "long search lists in /etc/resolv.conf", "no local cache"},
     {"/etc/resolv.conf and options timeout, attempts, ndots", "dig NAME @SERVER: time of each",
      "udp_rcvbuf_errors and conntrack_usage_pct: lost answers"}},
    {"tcp_retransmits",
     "So many TCP segments a second were sent again because no acknowledgement came. Each costs "
     "the connection a round trip or more.",
     {"loss on the way: congestion, a bad cable or radio link",
      "drops in this machine or the "
      "peer",
      "a peer that does not answer", "a rate limit of the cloud instance"},
     {"ss -ti: which connections have retrans",
      "errors_per_sec, softnet_dropped, "
      "nic_rx_discards here",
      "retrans_segs against all sent segments: 10/s of 100,000 is little"}},
    {"network_errors_per_sec",
     "An interface counted errors or drops, received and sent together.",
     {"full ring buffers",
      "no buffer or no protocol for a packet (drops of unknown frames are "
      "harmless)",
      "cable, transceiver or duplex", "a queueing discipline that drops"},
     {"interfaces in network_stats: errors or drops, rx or tx", "ethtool -S and ip -s link",
      "tc -s qdisc"}},
    {"conntrack_usage_pct",
     "The table of tracked connections fills up. When it is full, packets of new connections are "
     "dropped without a word to either side.",
     {"many short connections, UDP look-ups among them", "time-outs of hours for idle ones",
      "a small net.netfilter.nf_conntrack_max"},
     {"conntrack in network_stats: drops, insert_failed, early_drop", "conntrack -S",
      "whether this traffic has to be tracked at all (NOTRACK)"}},
    {"softnet_dropped",
     "Packets were thrown away between driver and protocol stack because the queue of a CPU was "
     "full.",
     {"all traffic lands on one CPU", "net.core.netdev_max_backlog too small for bursts",
      "a CPU that is busy otherwise"},
     {"stats in softnet: which CPU", "irq_imbalance, rps_enabled", "softirq_pct per CPU"}},
    {"softnet_time_squeeze",
     "Receiving stopped because its budget was used up while packets were still waiting: they "
     "come a little later. A hint of load, not yet a loss.",
     {"more packets than one CPU handles in its turn", "a small net.core.netdev_budget",
      "expensive filters or tunnels in the receive path"},
     {"softnet_dropped: is it a loss yet?", "netdev_budget and netdev_budget_usecs in sysctls",
      "irq_distribution in softnet"}},
    {"nic_rx_discards",
     "The network card had no buffer for so many packets in the window and dropped them before "
     "the kernel saw them.",
     {"ring buffers smaller than a burst", "interrupts served too late (coalescing, a busy CPU)",
      "too few receive queues"},
     {"ring_rx_current against ring_rx_max in interfaces", "ethtool -S, ethtool -g, ethtool -c",
      "irq_imbalance"}},
    {"irq_imbalance",
     "One CPU receives many times the packets of the idlest one: it can be full while the others "
     "rest. With one flow, or little traffic, that is how it has to be.",
     {"a single receive queue, or one flow", "interrupts bound to one CPU (irqbalance off)",
      "no receive packet steering where it would help"},
     {"irq_distribution in softnet", "rx_queues, rps_enabled in interfaces, /proc/interrupts",
      "softirq_pct of the busiest CPU: is it full?"}},
}};

}  // namespace

std::span<const AnomalyText> network_texts() { return kTexts; }

}  // namespace melisai::host
