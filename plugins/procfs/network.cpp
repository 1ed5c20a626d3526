// network_stats: what went over the network in the window, what was lost on the way and where, and
// how the machine is set up for it.
#include <map>
#include <span>
#include <utility>

#include "plugins/procfs/interfaces.h"
#include "plugins/procfs/sockets.h"
#include "plugins/procfs/sysctls.h"

namespace melisai::plugins::procfs {
namespace {

struct CounterField {
  std::string_view name;
  std::string_view counter;
  std::string_view rate = {};
};

constexpr CounterField kTcp[] = {
    {"active_opens", "Tcp:ActiveOpens"},
    {"passive_opens", "Tcp:PassiveOpens"},
    {"retrans_segs", "Tcp:RetransSegs", "retrans_rate_per_sec"},
    {"in_errs", "Tcp:InErrs"},
    {"out_rsts", "Tcp:OutRsts"},
};

constexpr CounterField kTcpExt[] = {
    {"listen_overflows", "TcpExt:ListenOverflows", "listen_overflow_rate"},
    {"listen_drops", "TcpExt:ListenDrops"},
    {"tcp_abort_on_memory", "TcpExt:TCPAbortOnMemory", "tcp_abort_mem_rate"},
    {"tcp_ofo_queue", "TcpExt:TCPOFOQueue"},
    {"prune_called", "TcpExt:PruneCalled"},
    {"tcp_rcvq_drop", "TcpExt:TCPRcvQDrop", "tcp_rcvq_drop_rate"},
    {"tcp_zero_window_drop", "TcpExt:TCPZeroWindowDrop", "tcp_zero_window_drop_rate"},
    {"tcp_to_zero_window_adv", "TcpExt:TCPToZeroWindowAdv"},
    {"tcp_from_zero_window_adv", "TcpExt:TCPFromZeroWindowAdv"},
};

constexpr CounterField kUdp[] = {
    {"rcvbuf_errors", "Udp:RcvbufErrors", "rcvbuf_err_rate"},
    {"sndbuf_errors", "Udp:SndbufErrors"},
    {"in_errors", "Udp:InErrors"},
};

constexpr CounterField kConntrack[] = {
    {"drops", "drop"},
    {"insert_failed", "insert_failed"},
    {"early_drop", "early_drop"},
};

// Of TCP over IPv6 there are no counters: those of the file snmp are of both.
constexpr std::pair<std::string_view, std::string_view> kUdpOverIpv6[] = {
    {"Udp6RcvbufErrors", "Udp:RcvbufErrors"},
    {"Udp6SndbufErrors", "Udp:SndbufErrors"},
    {"Udp6InErrors", "Udp:InErrors"},
};

void put_counters(Json& data, std::span<const CounterField> fields, const NamedCounters& before,
                  const NamedCounters& after, Time window) {
  for (const CounterField& field : fields) {
    const auto grown = growth_of(before, after, field.counter);
    put(data, field.name, grown);
    if (!field.rate.empty()) put(data, field.rate, per_second(grown, window));
  }
}

void put_object(Json& data, std::string_view name, Json object) {
  if (!object.empty()) data[std::string(name)] = std::move(object);
}

struct Reading {
  Time time{};
  std::vector<InterfaceReading> interfaces;
  bool has_more_interfaces = false;
  NamedCounters snmp;
  NamedCounters netstat;
  std::map<std::int64_t, SoftnetCounters> softnet;
  std::map<std::int64_t, std::int64_t> net_rx;
  NamedCounters conntrack;
};

// The kernel counts these in 32 bits, which a busy CPU fills within hours; a fall by less is a
// counter that started again.
std::int64_t growth_of_32_bits(std::int64_t before, std::int64_t after) {
  constexpr std::int64_t kWrap = std::int64_t{1} << 32;
  const bool has_wrapped = before < kWrap && before - after > kWrap / 2;
  return has_wrapped ? after + kWrap - before : growth(before, after);
}

Json softnet_json(const Reading& before, const Reading& after, Time window) {
  Json data = Json::object();
  std::optional<std::int64_t> dropped;
  std::optional<std::int64_t> squeezed;
  for (const auto& [cpu, last] : after.softnet) {
    const auto first = before.softnet.find(cpu);
    if (first == before.softnet.end()) continue;
    const SoftnetCounters grown{growth_of_32_bits(first->second.processed, last.processed),
                                growth_of_32_bits(first->second.dropped, last.dropped),
                                growth_of_32_bits(first->second.time_squeeze, last.time_squeeze)};
    data["stats"].push_back({{"cpu", cpu},
                             {"processed", grown.processed},
                             {"dropped", grown.dropped},
                             {"time_squeeze", grown.time_squeeze}});
    dropped = dropped.value_or(0) + grown.dropped;
    squeezed = squeezed.value_or(0) + grown.time_squeeze;
  }
  for (const auto& [cpu, last] : after.net_rx)
    if (const auto first = before.net_rx.find(cpu); first != before.net_rx.end())
      data["irq_distribution"].push_back(
          {{"cpu", cpu}, {"net_rx_delta", growth_of_32_bits(first->second, last)}});
  put(data, "drop_rate", per_second(dropped, window));
  put(data, "squeeze_rate", per_second(squeezed, window));
  return data;
}

class Network final : public Part {
 public:
  explicit Network(const Options& options)
      : options_(options),
        net_(options.proc_root + "/net/"),
        dev_(net_ + "dev"),
        snmp_(net_ + "snmp"),
        // On a tree of somebody's own the kernel of this machine has nothing to say.
        ethtool_(is_this_machine(options) ? make_ethtool_call() : nullptr) {}

  void start(Time now) override {
    last_.reset();
    samples_ = Samples();
    sample(now);
    before_ = read(now);
  }

  void sample(Time now) override { observe({now, parse_net_dev(text(dev_)), read_snmp()}); }

  Findings stop(Time now) override {
    sample(now);
    const Reading after = read(now);
    const Time window = after.time - before_.time;
    Findings findings;
    Json& data = findings.data;
    const LinkSource source{options_.sys_root, ethtool_.get()};
    if (const Json interfaces =
            interfaces_json(before_.interfaces, after.interfaces, window, source);
        !interfaces.empty())
      data["interfaces"] = interfaces;
    findings.truncated = after.has_more_interfaces;
    add_tcp(after, window, findings);
    put_object(data, "conntrack", conntrack_json(after));
    Json udp = Json::object();
    put_counters(udp, kUdp, before_.snmp, after.snmp, window);
    put_object(data, "udp", std::move(udp));
    put_object(data, "softnet", softnet_json(before_, after, window));
    put_object(data, "sysctls", network_sysctls(options_.proc_root));
    samples_.put(data);
    return findings;
  }

 private:
  struct Observation {
    Time time{};
    std::vector<InterfaceCounters> interfaces;
    NamedCounters snmp;
  };

  static bool is_this_machine(const Options& options) {
    return options.proc_root == "/proc" && options.sys_root == "/sys";
  }
  static std::string text(const HeldFile& file) { return file.read(kFileBytesMax).value_or(""); }
  std::string text(const std::string& name) const {
    return read_text(net_ + name, kFileBytesMax).value_or("");
  }
  std::size_t entries_max() const { return static_cast<std::size_t>(options_.events_max); }

  NamedCounters read_snmp() const { return parse_name_lines(text(snmp_)); }

  Reading read(Time now) const {
    Reading reading;
    reading.time = now;
    auto interfaces = parse_net_dev(text(dev_));
    reading.has_more_interfaces = interfaces.size() > entries_max();
    if (reading.has_more_interfaces) interfaces.resize(entries_max());
    reading.interfaces = read_interfaces(std::move(interfaces), ethtool_.get());
    reading.snmp = read_snmp();
    const NamedCounters snmp6 = parse_pairs(text("snmp6"));
    for (const auto& [of_ipv6, counter] : kUdpOverIpv6) {
      const auto known = reading.snmp.find(counter);
      if (known != reading.snmp.end()) known->second += value_of(snmp6, of_ipv6).value_or(0);
    }
    reading.netstat = parse_name_lines(text("netstat"));
    reading.softnet = parse_softnet(text("softnet_stat"));
    reading.net_rx =
        parse_net_rx(read_text(options_.proc_root + "/softirqs", kFileBytesMax).value_or(""));
    reading.conntrack = parse_conntrack(text("stat/nf_conntrack"));
    return reading;
  }

  // Rates since the observation before.
  void observe(Observation now) {
    if (!last_) {
      last_ = std::move(now);
      return;
    }
    const Time interval = now.time - last_->time;
    if (interval < kIntervalMin) return;
    const auto rate = [&](Traffic InterfaceCounters::*direction) {
      return per_second(hardware_bytes(last_->interfaces, now.interfaces, direction), interval);
    };
    samples_.add("rx_bytes_per_sec", rate(&InterfaceCounters::rx));
    samples_.add("tx_bytes_per_sec", rate(&InterfaceCounters::tx));
    samples_.add("retrans_rate_per_sec",
                 per_second(growth_of(last_->snmp, now.snmp, "Tcp:RetransSegs"), interval));
    samples_.add("close_wait_count", close_wait());
    last_ = std::move(now);
  }

  // A program that forgot its sockets may have ended when the window does.
  std::optional<double> close_wait() const {
    if (!is_this_machine(options_)) return std::nullopt;
    const SocketReading sockets = read_sockets(
        {.time_wait = false, .only_close_wait = true, .wait_max = std::chrono::milliseconds(100)});
    if (!sockets.close_wait) return std::nullopt;
    return static_cast<double>(*sockets.close_wait);
  }

  void add_tcp(const Reading& after, Time window, Findings& findings) const {
    Json& data = findings.data;
    const NamedCounters sockstat = parse_sockstat(text("sockstat"));
    // The kernel keeps this number; the sockets themselves may be hundreds of thousands.
    const auto time_wait = value_of(sockstat, "TCP:tw");
    const SocketReading sockets = read_sockets({.proc_root = options_.proc_root,
                                                .by_netlink = is_this_machine(options_),
                                                .time_wait = !time_wait});
    Json tcp = Json::object();
    put(tcp, "curr_estab", value_of(after.snmp, "Tcp:CurrEstab"));
    put_counters(tcp, kTcp, before_.snmp, after.snmp, window);
    put(tcp, "time_wait_count", time_wait ? time_wait : sockets.time_wait);
    put(tcp, "close_wait_count", sockets.close_wait);
    put_object(data, "tcp", std::move(tcp));
    Json tcp_ext = Json::object();
    put_counters(tcp_ext, kTcpExt, before_.netstat, after.netstat, window);
    put_object(data, "tcp_ext", std::move(tcp_ext));
    add_sockets(sockstat, sockets, findings);
  }

  void add_sockets(const NamedCounters& sockstat, const SocketReading& sockets,
                   Findings& findings) const {
    Json memory = Json::object();
    put(memory, "tcp_inuse", value_of(sockstat, "TCP:inuse"));
    put(memory, "tcp_orphans", value_of(sockstat, "TCP:orphan"));
    put(memory, "tcp_mem_pages", value_of(sockstat, "TCP:mem"));
    put(memory, "udp_inuse", value_of(sockstat, "UDP:inuse"));
    put_object(findings.data, "socket_mem", std::move(memory));
    findings.errors.insert(findings.errors.end(), sockets.errors.begin(), sockets.errors.end());
    findings.truncated = findings.truncated || sockets.truncated;
    put(findings.data, "recvq_saturated_count", sockets.recvq_saturated);
    if (!sockets.listening) return;
    Json listening = Json::array();
    for (const ListenSocket& socket : *sockets.listening) {
      if (listening.size() == entries_max()) {
        findings.truncated = true;
        break;
      }
      listening.push_back({{"local_addr", socket.local_addr},
                           {"recv_q", socket.recv_q},
                           {"send_q", socket.send_q},
                           {"fill_pct", socket.fill_pct}});
    }
    findings.data["listen_sockets"] = std::move(listening);
  }

  Json conntrack_json(const Reading& after) const {
    const std::string settings = options_.proc_root + "/sys/net/netfilter/nf_conntrack_";
    Json data = Json::object();
    const auto count = read_count(settings + "count");
    const auto max = read_count(settings + "max");
    put(data, "count", count);
    put(data, "max", max);
    if (count && max)
      put(data, "usage_pct", percent(static_cast<double>(*count), static_cast<double>(*max)));
    put_counters(data, kConntrack, before_.conntrack, after.conntrack, Time{});
    return data;
  }

  Options options_;
  std::string net_;
  HeldFile dev_;
  HeldFile snmp_;
  std::unique_ptr<EthtoolCall> ethtool_;
  Reading before_;
  std::optional<Observation> last_;
  Samples samples_;
};

}  // namespace

std::unique_ptr<Part> make_network(const Options& options) {
  return std::make_unique<Network>(options);
}

}  // namespace melisai::plugins::procfs
