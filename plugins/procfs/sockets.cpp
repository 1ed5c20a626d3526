#include "plugins/procfs/sockets.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "plugins/procfs/socket_tally.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::int64_t kUnreadBytesMax = 65536;

bool is_absent_ipv6(int family, const SocketQuery& query) {
  return family == AF_INET6 && access((query.proc_root + "/net/tcp6").c_str(), F_OK) != 0;
}

// Starts again with the file when netlink failed midway: nothing may count twice.
std::string tally_family(int family, const SocketQuery& query, Deadline deadline,
                         SocketTally& tally) {
  if (query.by_netlink) {
    SocketTally by_netlink = tally;
    if (tally_by_netlink(family, query, deadline, by_netlink).empty()) {
      tally = std::move(by_netlink);
      return "";
    }
  }
  if (query.only_close_wait) return "sock_diag refuses";
  if (is_absent_ipv6(family, query)) return "";
  return tally_by_file(family, query, tally);
}

}  // namespace

bool SocketTally::count(int state, std::int64_t recv_q, std::int64_t sockets_max) {
  if (seen >= sockets_max) {
    truncated = true;
    return false;
  }
  ++seen;
  if (state == TCP_TIME_WAIT) ++time_wait;
  if (state == TCP_CLOSE_WAIT) ++close_wait;
  if (state == TCP_ESTABLISHED && recv_q > kUnreadBytesMax) ++recvq_saturated;
  return true;
}

SocketReading read_sockets(const SocketQuery& query) {
  const Deadline deadline = std::chrono::steady_clock::now() + query.wait_max;
  SocketTally tally;
  SocketReading reading;
  for (const int family : {AF_INET, AF_INET6}) {
    const std::string error = tally_family(family, query, deadline, tally);
    if (!error.empty()) reading.errors.push_back(error);
  }
  reading.truncated = tally.truncated;
  if (!reading.errors.empty()) return reading;  // half of the sockets is not a count of them
  if (query.time_wait) reading.time_wait = tally.time_wait;
  reading.close_wait = tally.close_wait;
  reading.recvq_saturated = tally.recvq_saturated;
  if (!tally.knows_backlogs) return reading;
  std::stable_sort(
      tally.listening.begin(), tally.listening.end(),
      [](const ListenSocket& a, const ListenSocket& b) { return a.fill_pct > b.fill_pct; });
  reading.listening = std::move(tally.listening);
  return reading;
}

}  // namespace melisai::plugins::procfs
