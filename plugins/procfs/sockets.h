// The TCP sockets of this network namespace, counted: those that an application forgot to close,
// does not read, or does not accept. The kernel is asked by sock_diag; where it refuses, and on a
// proc_root of somebody's own, net/tcp and net/tcp6 are read, which tell all but how long a listen
// queue may become.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace melisai::plugins::procfs {

/// A listening socket whose queue of connections nobody accepted is half full or more.
struct ListenSocket {
  std::string local_addr;   // "127.0.0.1:80", "[::1]:80"
  std::int64_t recv_q = 0;  // connections that wait
  std::int64_t send_q = 0;  // how many may wait: the backlog
  double fill_pct = 0;      // above 100 when one more than that waits
};

struct SocketQuery {
  std::string proc_root = "/proc";
  bool by_netlink = true;
  bool time_wait = true;  // false: there may be very many, and somebody else knows
  bool only_close_wait =
      false;  // nothing else, and by netlink alone: cheap enough for every second
  std::int64_t sockets_max = 200'000;  // more are not counted
  std::chrono::milliseconds wait_max{500};
};

struct SocketReading {
  std::optional<std::int64_t> time_wait;
  std::optional<std::int64_t> close_wait;
  std::optional<std::int64_t> recvq_saturated;         // ESTABLISHED, more than 65,536 bytes unread
  std::optional<std::vector<ListenSocket>> listening;  // the fullest first
  bool truncated = false;                              // numbers are lower bounds
  std::vector<std::string> errors;
};

SocketReading read_sockets(const SocketQuery& query);

}  // namespace melisai::plugins::procfs
