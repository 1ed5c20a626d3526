// Which addresses are the internet's. A name that a stranger chose may stand for this machine, for
// its network, or for the service that hands out the credentials of a cloud machine.
#pragma once

#include <sys/socket.h>

namespace melisai::https {

/// False for what IANA's special-purpose registries (RFC 6890) do not call globally reachable, for
/// multicast, for IPv4 addresses of that kind inside of IPv6 ones, and for what is no IP address.
bool is_public(const sockaddr& address);

/// 127.0.0.0/8 and ::1.
bool is_this_machine(const sockaddr& address);

}  // namespace melisai::https
