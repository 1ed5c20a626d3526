#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/gate/health/advice.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kNet = "network_stats";
constexpr std::string_view kIpPage = "Linux: Documentation/networking/ip-sysctl.rst";
constexpr std::string_view kCorePage = "Linux: Documentation/admin-guide/sysctl/net.rst";

constexpr double kBacklogMin = 5000;
constexpr double kReceiveMin = 16 << 20;
constexpr double kUdpReceiveMin = 26214400;
constexpr double kPortsMin = 40000;
constexpr double kFastOpenBoth = 3;
constexpr double kBudgetMin = 600;
constexpr double kFillMax = 70;  // %
constexpr double kListenQueue = 65535;
constexpr double kNeighboursMin = 1024;
constexpr double kMuchDiscarded = 200;  // packets of a window

Cases rings_small(const HostView& host) {
  Cases cases;
  for (const HostData& interface : host.data(kNet).list("interfaces")) {
    const std::string name = interface.text("name").value_or("");
    const auto ring = interface.number("ring_rx_current");
    const auto most = interface.number("ring_rx_max");
    const auto discards = interface.number("rx_discards");
    if (!ring || !most || !discards || *discards <= 0 || *ring >= *most / 2) continue;
    if (!is_plain_name(name)) continue;
    cases.push_back({kBegins + *discards / kMuchDiscarded,
                     name + ": " + evidence("rx_discards", *discards) + ", " +
                         evidence("ring_rx_current", *ring) + " of " + number_text(*most),
                     name, number_text(*most)});
  }
  return cases;
}

Cases backlog_small(const HostView& host) {
  return when_both(when_any(host, {kNet, "softnet.drop_rate"}, many_per_second(host, kNet)),
                   when_small(host, {kNet, "sysctls.netdev_max_backlog"}, kBacklogMin));
}

Cases few_ports(const HostView& host) {
  const auto range = host.data(kNet).text("sysctls.ip_local_port_range");
  int first = 0;
  int last = 0;
  if (!range || std::sscanf(range->c_str(), "%5d %5d", &first, &last) != 2 || last < first)
    return {};
  const double ports = last - first + 1;
  if (ports >= kPortsMin) return {};
  return {{kPortsMin / ports,
           "ip_local_port_range = " + std::to_string(first) + " to " + std::to_string(last)}};
}

Cases fast_open_off(const HostView& host) {
  const auto value = host.number(kNet, "sysctls.tcp_fastopen");
  if (!value || *value >= kFastOpenBoth) return {};
  return {{2 * kBegins, evidence("tcp_fastopen", *value)}};
}

Cases budget_small(const HostView& host) {
  return when_both(when_any(host, {kNet, "softnet.squeeze_rate"}, many_per_second(host, kNet)),
                   when_small(host, {kNet, "sysctls.netdev_budget"}, kBudgetMin));
}

Cases udp_buffers_small(const HostView& host) {
  return when_both(when_any(host, {kNet, "udp.rcvbuf_errors"}, kManyEvents),
                   when_small(host, {kNet, "sysctls.rmem_max"}, kUdpReceiveMin));
}

Cases accept_queue_full(const HostView& host) {
  std::optional<double> most;
  Case worst;
  for (const HostData& socket : host.data(kNet).list("listen_sockets")) {
    const auto fill = socket.number("fill_pct");
    const auto length = socket.number("send_q");  // of a listener: how many may wait
    if (!fill || *fill < kFillMax || (most && *fill <= *most)) continue;
    most = *fill;
    worst = {*fill / kFillMax, socket.text("local_addr").value_or("a socket") + ": " +
                                   evidence("fill_pct", *fill, "%")};
    worst.to = number_text(std::max(2 * std::floor(length.value_or(0)), kListenQueue));
  }
  return most ? Cases{worst} : Cases{};
}

// melisai's limit is "at most 1024", the kernel's default.
Cases neighbours_few(const HostView& host) {
  return when_small(host, {kNet, "sysctls.arp_gc_thresh3"}, kNeighboursMin + 1);
}

const std::vector<AdviceRow> kRows = {
    {.id = "ring_small",
     .category = "network",
     .type = "fix",
     .title = "Give the card {of} a longer receive ring",
     .met = rings_small,
     .answers = {"nic_rx_discards"},
     .commands = {"ethtool -G {of} rx {to}"},
     .persistent = {"systemd.link(5) of {of}: [Link] RxBufferSize={to}"},
     .impact = "bursts are not discarded by the card",
     .source = "ethtool(8)",
     .per_device = true},
    {.id = "listen_overflows",
     .category = "network",
     .type = "fix",
     .title = "Connections were refused: lengthen accept queues, or accept with more listeners",
     .met =
         [](const HostView& h) {
           return when_any(h, {kNet, "tcp_ext.listen_overflows"}, kManyEvents);
         },
     .answers = {"listen_overflows", "listen_queue_saturation"},
     .settings = {"net.core.somaxconn=65535"},
     .persistent = {"in the server: a longer backlog in listen(2), SO_REUSEPORT (socket(7))"},
     .impact = "connections are not refused while the server is busy",
     .source = "listen(2)"},
    {.id = "input_backlog_small",
     .category = "network",
     .type = "fix",
     .title = "Let more packets wait for each CPU",
     .met = backlog_small,
     .answers = {"softnet_dropped"},
     .settings = {"net.core.netdev_max_backlog=10000"},
     .impact = "bursts are not dropped before the network stack",
     .source = kCorePage},
    {.id = "rmem_max_small",
     .category = "network",
     .type = "optimization",
     .title = "Allow programs larger socket buffers",
     .met =
         [](const HostView& h) {
           return when_small(h, {kNet, "sysctls.rmem_max"}, kReceiveMin);
         },
     .settings = {"net.core.rmem_max=16777216", "net.core.wmem_max=16777216"},
     .impact = "programs that set their buffers reach higher throughput",
     .source = "socket(7)"},
    {.id = "few_ports",
     .category = "network",
     .type = "optimization",
     .title = "Use more ports for outgoing connections",
     .met = few_ports,
     .answers = {"tcp_timewait"},
     .settings = {"net.ipv4.ip_local_port_range=1024 65535"},
     .impact = "more connections to one server at a time",
     .source = "ip(7)"},
    {.id = "slow_start_after_idle",
     .category = "network",
     .type = "optimization",
     .title = "Keep the congestion window of connections that rested",
     .met =
         [](const HostView& h) {
           return when_equal(h, {kNet, "sysctls.tcp_slow_start_after_idle"}, 1);
         },
     .settings = {"net.ipv4.tcp_slow_start_after_idle=0"},
     .impact = "connections that are used now and then answer faster",
     .source = kIpPage},
    {.id = "fast_open_off",
     .category = "network",
     .type = "optimization",
     .title = "Allow data in the first packet of a connection, both ways",
     .met = fast_open_off,
     .settings = {"net.ipv4.tcp_fastopen=3"},
     .impact = "one round trip less for programs that use it",
     .source = "RFC 7413"},
    {.id = "receive_budget_small",
     .category = "network",
     .type = "fix",
     .title = "Handle more packets in one turn",
     .met = budget_small,
     .answers = {"softnet_time_squeeze"},
     .settings = {"net.core.netdev_budget=600", "net.core.netdev_budget_usecs=8000"},
     .impact = "packets wait less for the next turn",
     .source = kCorePage},
    {.id = "udp_buffers_small",
     .category = "network",
     .type = "fix",
     .title = "UDP packets were dropped: allow larger receive buffers",
     .met = udp_buffers_small,
     .answers = {"udp_rcvbuf_errors"},
     .settings = {"net.core.rmem_max=26214400"},
     .impact = "bursts of UDP packets are kept (programs must ask with SO_RCVBUF)",
     .source = "udp(7)"},
    {.id = "slow_readers",
     .category = "network",
     .type = "fix",
     .title = "A program reads its connections too slowly: find it",
     .met =
         [](const HostView& h) {
           return when_any(h, {kNet, "recvq_saturated_count"}, kManyEvents);
         },
     .answers = {"tcp_rcvq_drop", "tcp_zero_window_drop"},
     .commands = {"ss -tnp state established | sort -k1 -n -r | head"},
     .impact = "names the process whose receive queue is long",
     .source = "ss(8)"},
    {.id = "accept_queue_full",
     .category = "network",
     .type = "fix",
     .title = "A server accepts too slowly: more listeners, longer queue",
     .met = accept_queue_full,
     .answers = {"listen_queue_saturation", "listen_overflows"},
     .settings = {"net.core.somaxconn={to}"},
     .persistent = {"in the server: SO_REUSEPORT (socket(7)) and a longer backlog in listen(2)"},
     .impact = "connections are not refused when load grows",
     .source = "listen(2)"},
    {.id = "zero_window_drops",
     .category = "network",
     .type = "fix",
     .title = "Receivers close their window: let buffers grow",
     .met =
         [](const HostView& h) {
           return when_any(h, {kNet, "tcp_ext.tcp_zero_window_drop_rate"},
                           many_per_second(h, kNet));
         },
     .answers = {"tcp_zero_window_drop"},
     .settings = {"net.ipv4.tcp_rmem=4096 131072 16777216"},
     .impact = "senders are stopped less often",
     .source = "tcp(7)"},
    {.id = "neighbours_few",
     .category = "network",
     .type = "optimization",
     .title = "Remember more neighbours on the local network",
     .met = neighbours_few,
     .settings = {"net.ipv4.neigh.default.gc_thresh1=2048",
                  "net.ipv4.neigh.default.gc_thresh2=4096",
                  "net.ipv4.neigh.default.gc_thresh3=8192"},
     .impact = "no failed look-ups in networks of many hosts",
     .source = "arp(7)"},
    {.id = "socket_memory_short",
     .category = "network",
     .type = "fix",
     .title = "TCP threw away received data for lack of memory: allow it more",
     .met =
         [](const HostView& h) {
           return when_any(h, {kNet, "tcp_ext.prune_called"}, kManyEvents);
         },
     .answers = {"tcp_abort_on_memory"},
     .settings = {"net.ipv4.tcp_mem=786432 1048576 1572864"},
     .impact = "received data is not thrown away and sent again",
     .source = "tcp(7)"},
};

}  // namespace

std::span<const AdviceRow> queue_advice() { return kRows; }

}  // namespace melisai::gate
