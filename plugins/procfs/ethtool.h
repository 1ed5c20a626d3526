// What a driver tells about a network interface by SIOCETHTOOL. All questions are ones that the
// kernel answers to anybody; a driver that does not know gives nothing. The calls have no deadline
// of their own: the kernel has them answer at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace melisai::plugins::procfs {

/// The one call, so that tests can answer in a driver's place.
class EthtoolCall {
 public:
  virtual ~EthtoolCall() = default;
  /// `request` starts with a command of <linux/ethtool.h> and is filled; false: not answered.
  virtual bool ask(const std::string& interface, void* request) const = 0;
};

std::unique_ptr<EthtoolCall> make_ethtool_call();

struct Ring {
  std::int64_t current = 0;
  std::int64_t max = 0;
};

struct Coalescing {
  std::int64_t rx_usecs = 0;
  bool adaptive_rx = false;
};

/// Packets that the interface threw away, since it came up.
struct LinkDrops {
  std::optional<std::int64_t> discards;    // no room in the device or its ring
  std::optional<std::int64_t> buf_errors;  // no memory to receive into
};

std::optional<std::string> driver_of(const EthtoolCall& call, const std::string& interface);
std::optional<Ring> rx_ring_of(const EthtoolCall& call, const std::string& interface);
std::optional<Coalescing> coalescing_of(const EthtoolCall& call, const std::string& interface);

enum class Offload { tso, gro, gso };
std::optional<bool> offload_of(const EthtoolCall& call, const std::string& interface,
                               Offload offload);

/// Drivers name their statistics as they like; ethtool.cpp lists the names that are understood.
/// A number that the driver keeps per queue is summed.
LinkDrops drops_of(const EthtoolCall& call, const std::string& interface);

}  // namespace melisai::plugins::procfs
