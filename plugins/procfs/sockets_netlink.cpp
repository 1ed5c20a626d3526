#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "plugins/procfs/socket_tally.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kReplyBytesMax = 32768;  // the kernel fills no more in a dump
constexpr double kFillPctMin = 50;

constexpr std::uint32_t bit(int state) { return 1U << static_cast<unsigned>(state); }

class NetlinkSocket {
 public:
  NetlinkSocket()
      : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)) {}
  NetlinkSocket(const NetlinkSocket&) = delete;
  NetlinkSocket& operator=(const NetlinkSocket&) = delete;
  ~NetlinkSocket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

std::string failure(const std::string& what, int error) {
  return "sock_diag: " + what + ": " + std::strerror(error);
}

bool ask(int fd, int family, const SocketQuery& query) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = static_cast<std::uint8_t>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT) | bit(TCP_LISTEN);
  if (query.time_wait) request.body.idiag_states |= bit(TCP_TIME_WAIT);
  if (query.only_close_wait) request.body.idiag_states = bit(TCP_CLOSE_WAIT);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  return sendto(fd, &request, sizeof request, 0, reinterpret_cast<const sockaddr*>(&kernel),
                sizeof kernel) == static_cast<ssize_t>(sizeof request);
}

std::string address_of(const inet_diag_msg& socket) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(socket.idiag_family, socket.id.idiag_src, text.data(), text.size());
  const std::string port = ":" + std::to_string(ntohs(socket.id.idiag_sport));
  if (socket.idiag_family == AF_INET6) return "[" + std::string(text.data()) + "]" + port;
  return text.data() + port;
}

void add_if_filling(const inet_diag_msg& socket, SocketTally& tally) {
  // A backlog of 0 lets one connection wait.
  const std::int64_t room = std::max<std::int64_t>(socket.idiag_wqueue, 1);
  const double fill_pct = 100.0 * socket.idiag_rqueue / static_cast<double>(room);
  if (fill_pct < kFillPctMin) return;
  tally.listening.push_back(
      {address_of(socket), socket.idiag_rqueue, socket.idiag_wqueue, fill_pct});
}

enum class Reply { more, complete, failed };

// All messages of one datagram. `error` is set when it failed.
Reply take(const char* data, std::size_t size, std::int64_t sockets_max, SocketTally& tally,
           int& error) {
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, data, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) break;
    const std::size_t body_size = header.nlmsg_len - NLMSG_HDRLEN;
    if (header.nlmsg_type == NLMSG_DONE) return Reply::complete;
    if (header.nlmsg_type == NLMSG_ERROR) {
      nlmsgerr body{};
      std::memcpy(&body, data + NLMSG_HDRLEN, std::min(body_size, sizeof body));
      error = body.error == 0 ? EPROTO : -body.error;
      return Reply::failed;
    }
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && body_size >= sizeof(inet_diag_msg)) {
      inet_diag_msg socket{};
      std::memcpy(&socket, data + NLMSG_HDRLEN, sizeof socket);
      if (!tally.count(socket.idiag_state, socket.idiag_rqueue, sockets_max))
        return Reply::complete;
      if (socket.idiag_state == TCP_LISTEN) add_if_filling(socket, tally);
    }
    const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
    data += step;
    size -= step;
  }
  return Reply::more;
}

bool wait_for(int fd, Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

std::string tally_by_netlink(int family, const SocketQuery& query, Deadline deadline,
                             SocketTally& tally) {
  const NetlinkSocket socket;
  if (socket.fd() < 0) return failure("no socket", errno);
  if (!ask(socket.fd(), family, query)) return failure("cannot ask", errno);
  std::array<char, kReplyBytesMax> data;
  while (true) {
    if (!wait_for(socket.fd(), deadline)) {
      tally.truncated = true;
      return "";
    }
    const ssize_t size = recv(socket.fd(), data.data(), data.size(), 0);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return failure("no answer", size == 0 ? EPIPE : errno);
    int error = 0;
    switch (take(data.data(), static_cast<std::size_t>(size), query.sockets_max, tally, error)) {
      case Reply::more: break;
      case Reply::complete: return "";
      case Reply::failed: return failure("refused", error);
    }
  }
}

}  // namespace melisai::plugins::procfs
