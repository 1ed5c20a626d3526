// The counters of /proc/net, /proc/softirqs and nf_conntrack: text in, numbers out. What is not a
// number or belongs to no name is left out, so a kernel with fewer columns has fewer numbers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins::procfs {

using NamedCounters = std::map<std::string, std::int64_t, std::less<>>;

std::optional<std::int64_t> value_of(const NamedCounters& counters, std::string_view name);

/// Growth in the window; nothing when one of its ends does not know `name`.
std::optional<std::int64_t> growth_of(const NamedCounters& before, const NamedCounters& after,
                                      std::string_view name);

struct Traffic {
  std::int64_t bytes = 0;
  std::int64_t packets = 0;
  std::int64_t errors = 0;
  std::int64_t dropped = 0;
};

struct InterfaceCounters {
  std::string name;
  Traffic rx;
  Traffic tx;
};

/// /proc/net/dev, in its order. An interface whose name or numbers the kernel cannot have written
/// is left out: names become paths.
std::vector<InterfaceCounters> parse_net_dev(std::string_view text);

/// /proc/net/snmp and netstat: a line of names, then a line of numbers. "Tcp:RetransSegs".
NamedCounters parse_name_lines(std::string_view text);

/// /proc/net/sockstat: "TCP: inuse 5 orphan 0" gives "TCP:inuse" and "TCP:orphan".
NamedCounters parse_sockstat(std::string_view text);

/// /proc/net/snmp6: a name and a number on each line.
NamedCounters parse_pairs(std::string_view text);

/// /proc/net/stat/nf_conntrack: a line of names, then hexadecimal numbers of each CPU; their sums.
NamedCounters parse_conntrack(std::string_view text);

struct SoftnetCounters {
  std::int64_t processed = 0;
  std::int64_t dropped = 0;
  std::int64_t time_squeeze = 0;
};

/// /proc/net/softnet_stat by CPU. Before Linux 5.10 (no 13th column) lines tell no CPU: they are
/// counted.
std::map<std::int64_t, SoftnetCounters> parse_softnet(std::string_view text);

/// The line NET_RX of /proc/softirqs by CPU.
std::map<std::int64_t, std::int64_t> parse_net_rx(std::string_view text);

}  // namespace melisai::plugins::procfs
