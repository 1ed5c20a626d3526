#include <array>
#include <cmath>
#include <cstdio>

#include "core/gate/health/advice.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kNet = "network_stats";
constexpr std::string_view kTcpPage = "tcp(7)";
constexpr std::string_view kIpPage = "Linux: Documentation/networking/ip-sysctl.rst";

constexpr double kBufferMin = 4 << 20;
constexpr double kQueueMin = 4096;
constexpr double kTimeWaitMax = 1000;
constexpr double kConntrackMax = 70;  // %

Cases not_bbr(const HostView& host) {
  const auto used = host.data(kNet).text("sysctls.congestion_control");
  if (!used || *used == "bbr") return {};
  return {{2 * kBegins, "congestion_control = " + *used}};
}

// "4096 131072 6291456": the smallest, the first and the largest size of a buffer. The first two
// stay.
Cases buffer_small(const HostView& host, std::string_view setting) {
  const auto text = host.data(kNet).text("sysctls." + std::string(setting));
  std::array<long long, 3> sizes{};
  if (!text ||
      std::sscanf(text->c_str(), "%19lld %19lld %19lld", &sizes[0], &sizes[1], &sizes[2]) != 3)
    return {};
  const auto largest = static_cast<double>(sizes[2]);
  if (largest <= 0 || largest >= kBufferMin) return {};
  return {{kBufferMin / largest, evidence(std::string(setting) + " max", largest, "bytes"),
           std::to_string(sizes[0]) + " " + std::to_string(sizes[1])}};
}

Cases time_wait_kept(const HostView& host) {
  return when_both(when_above(host, {kNet, "tcp.time_wait_count"}, kTimeWaitMax),
                   when_equal(host, {kNet, "sysctls.tcp_tw_reuse"}, 0));
}

Cases conntrack_full(const HostView& host) {
  Cases cases = when_above(host, {kNet, "conntrack.usage_pct"}, kConntrackMax);
  const auto max = host.number(kNet, "conntrack.max");
  if (!max || *max < 1) return {};
  for (Case& each : cases) each.to = number_text(std::floor(*max) * 2);
  return cases;
}

const std::vector<AdviceRow> kRows = {
    {.id = "congestion_control_not_bbr",
     .category = "network",
     .type = "optimization",
     .title = "Send by the measured rate of the path instead of by losses",
     .met = not_bbr,
     .answers = {"tcp_retransmits"},
     .commands = {"modprobe tcp_bbr"},
     .settings = {"net.core.default_qdisc=fq", "net.ipv4.tcp_congestion_control=bbr"},
     .impact = "more throughput over long or lossy paths",
     .source = "BBR: Congestion-Based Congestion Control, ACM Queue 14(5), 2016"},
    {.id = "retransmits",
     .category = "network",
     .type = "fix",
     .title = "TCP segments are sent again: find out to whom",
     .met =
         [](const HostView& h) {
           return when_above(h, {kNet, "tcp.retrans_rate_per_sec"}, 1);
         },
     .answers = {"tcp_retransmits"},
     .commands = {"ss --tcp --numeric --info"},
     .impact = "names the connections that lose segments: those with \"retrans\"",
     .source = "RFC 6298, ss(8)"},
    {.id = "somaxconn_small",
     .category = "network",
     .type = "optimization",
     .title = "Allow longer queues of connections that wait for accept()",
     .met =
         [](const HostView& h) {
           return when_small(h, {kNet, "sysctls.somaxconn"}, kQueueMin);
         },
     .answers = {"listen_overflows", "listen_queue_saturation"},
     .settings = {"net.core.somaxconn=4096"},
     .impact = "bursts of connections are not refused",
     .source = "listen(2)"},
    {.id = "tcp_rmem_small",
     .category = "network",
     .type = "optimization",
     .title = "Let receive buffers of TCP grow further",
     .met = [](const HostView& h) { return buffer_small(h, "tcp_rmem"); },
     .answers = {"tcp_rcvq_drop", "tcp_zero_window_drop"},
     .settings = {"net.ipv4.tcp_rmem={of} 6291456"},
     .impact = "more throughput over paths with a large bandwidth-delay product",
     .source = kTcpPage},
    {.id = "tcp_wmem_small",
     .category = "network",
     .type = "optimization",
     .title = "Let send buffers of TCP grow further",
     .met = [](const HostView& h) { return buffer_small(h, "tcp_wmem"); },
     .settings = {"net.ipv4.tcp_wmem={of} 6291456"},
     .impact = "more throughput over paths with a large bandwidth-delay product",
     .source = kTcpPage},
    {.id = "time_wait_kept",
     .category = "network",
     .type = "fix",
     .title = "Reuse the ports of finished connections for new ones",
     .met = time_wait_kept,
     .answers = {"tcp_timewait"},
     .settings = {"net.ipv4.tcp_tw_reuse=1"},
     .impact = "clients that open many connections do not run out of ports",
     .source = kIpPage},
    {.id = "syn_backlog_small",
     .category = "network",
     .type = "optimization",
     .title = "Remember more connections that are half open",
     .met =
         [](const HostView& h) {
           return when_small(h, {kNet, "sysctls.tcp_max_syn_backlog"}, kQueueMin);
         },
     .settings = {"net.ipv4.tcp_max_syn_backlog=8192"},
     .impact = "bursts of connections are not dropped",
     .source = kTcpPage},
    {.id = "conntrack_full",
     .category = "network",
     .type = "fix",
     .title = "Make room in the table of tracked connections",
     .met = conntrack_full,
     .answers = {"conntrack_usage_pct"},
     .settings = {"net.netfilter.nf_conntrack_max={to}"},
     .impact = "packets of new connections are not dropped",
     .source = "Linux: Documentation/networking/nf_conntrack-sysctl.rst"},
};

}  // namespace

std::span<const AdviceRow> tcp_advice() { return kRows; }

}  // namespace melisai::gate
