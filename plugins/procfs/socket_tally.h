// What both ways of reading sockets add up.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "plugins/procfs/sockets.h"

namespace melisai::plugins::procfs {

struct SocketTally {
  std::int64_t seen = 0;
  std::int64_t time_wait = 0;
  std::int64_t close_wait = 0;
  std::int64_t recvq_saturated = 0;
  bool knows_backlogs = true;
  std::vector<ListenSocket> listening;
  bool truncated = false;

  /// Returns false when `sockets_max` have been seen. `state` is one of <netinet/tcp.h>.
  bool count(int state, std::int64_t recv_q, std::int64_t sockets_max);
};

using Deadline = std::chrono::steady_clock::time_point;

/// Both count the sockets of AF_INET or AF_INET6 into `tally`, and return "" or why they could not;
/// `tally` then holds what came before. `deadline` passed is a truncated tally, not an error.
std::string tally_by_netlink(int family, const SocketQuery& query, Deadline deadline,
                             SocketTally& tally);
std::string tally_by_file(int family, const SocketQuery& query, SocketTally& tally);

}  // namespace melisai::plugins::procfs
