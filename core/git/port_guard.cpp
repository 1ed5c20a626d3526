#include "core/git/port_guard.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/git/url.h"

namespace melisai::git {
namespace {

// The process has one thread, and `connect` no other way to ask.
int only_port = 0;  // 0: any
bool was_refused = false;

/// 0 for what is no internet address.
int port_in(const sockaddr* address, socklen_t size) {
  sockaddr_in6 v6{};
  if (address == nullptr || size < sizeof(sockaddr_in)) return 0;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return ntohs(v4.sin_port);
  }
  if (address->sa_family != AF_INET6 || size < sizeof v6) return 0;
  std::memcpy(&v6, address, sizeof v6);
  return ntohs(v6.sin6_port);
}

bool is_forbidden(const sockaddr* address, socklen_t size) {
  const int port = port_in(address, size);
  return only_port != 0 && port != 0 && port != only_port;
}

}  // namespace

PortGuard::PortGuard(std::string_view url) {
  only_port = web_port(url).value_or(0);
  was_refused = false;
}

PortGuard::~PortGuard() { only_port = 0; }

bool PortGuard::refused() const { return was_refused; }

}  // namespace melisai::git

// The C library asks name servers by a way of its own.
extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  if (melisai::git::is_forbidden(address, size)) {
    melisai::git::was_refused = true;
    errno = EACCES;
    return -1;
  }
  return static_cast<int>(syscall(SYS_connect, fd, address, size));
}
