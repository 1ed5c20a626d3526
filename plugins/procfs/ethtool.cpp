#include "plugins/procfs/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

namespace melisai::plugins::procfs {
namespace {

constexpr std::uint32_t kStatisticsMax = 65536;

// In order of preference: what several drivers call the same thing. A name that is not here is
// not guessed at.
constexpr std::string_view kDiscards[] = {"rx_discards", "rx_discards_phy", "rx_missed_errors",
                                          "rx_missed", "rx_drops"};
constexpr std::string_view kBufErrors[] = {"rx_buf_errors", "rx_out_of_buffer",
                                           "rx_no_buffer_count", "rx_alloc_failed",
                                           "rx_buff_alloc_err"};

class HostEthtool final : public EthtoolCall {
 public:
  HostEthtool() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  HostEthtool(const HostEthtool&) = delete;
  HostEthtool& operator=(const HostEthtool&) = delete;
  ~HostEthtool() override {
    if (fd_ >= 0) close(fd_);
  }
  bool ask(const std::string& interface, void* request) const override {
    ifreq call{};
    if (interface.size() >= sizeof call.ifr_name) return false;
    std::memcpy(call.ifr_name, interface.data(), interface.size());
    call.ifr_data = static_cast<char*>(request);
    return fd_ >= 0 && ioctl(fd_, SIOCETHTOOL, &call) == 0;
  }

 private:
  int fd_;
};

std::uint32_t statistics_count(const EthtoolCall& call, const std::string& interface) {
  // The answer stands right behind the question.
  std::array<std::uint64_t, sizeof(ethtool_sset_info) / sizeof(std::uint64_t) + 1> request{};
  ethtool_sset_info info{};
  info.cmd = ETHTOOL_GSSET_INFO;
  info.sset_mask = std::uint64_t{1} << ETH_SS_STATS;
  std::memcpy(request.data(), &info, sizeof info);
  if (!call.ask(interface, request.data())) return 0;
  std::memcpy(&info, request.data(), sizeof info);
  std::uint32_t count = 0;
  std::memcpy(&count, request.data() + sizeof info / sizeof request[0], sizeof count);
  return info.sset_mask != 0 && count <= kStatisticsMax ? count : 0;
}

// The kernel writes as many entries as the driver has by now, whatever the caller has room for. So
// there is room for a driver that grew meanwhile.
constexpr std::size_t room_for(std::uint32_t count) { return 2 * std::size_t{count} + 1024; }

struct Statistics {
  std::vector<std::uint64_t> name_bytes;  // of 64 bits: aligned for the header
  std::vector<std::uint64_t> values;
  std::uint32_t count = 0;

  std::string_view name(std::uint32_t index) const {
    const char* text = reinterpret_cast<const char*>(name_bytes.data()) + sizeof(ethtool_gstrings) +
                       std::size_t{index} * ETH_GSTRING_LEN;
    return {text, strnlen(text, ETH_GSTRING_LEN)};
  }
  std::uint64_t value(std::uint32_t index) const {  // behind the header of 8 bytes
    static_assert(sizeof(ethtool_stats) == sizeof(std::uint64_t));
    return values[1 + index];
  }
};

Statistics read_statistics(const EthtoolCall& call, const std::string& interface) {
  Statistics read;
  const std::uint32_t count = statistics_count(call, interface);
  if (count == 0) return read;
  constexpr std::size_t kWordsPerName = ETH_GSTRING_LEN / sizeof(std::uint64_t);
  read.name_bytes.resize(2 + room_for(count) * kWordsPerName);
  ethtool_gstrings names{};
  names.cmd = ETHTOOL_GSTRINGS;
  names.string_set = ETH_SS_STATS;
  names.len = count;
  std::memcpy(read.name_bytes.data(), &names, sizeof names);
  if (!call.ask(interface, read.name_bytes.data())) return {};
  std::memcpy(&names, read.name_bytes.data(), sizeof names);
  read.values.resize(1 + room_for(count));
  ethtool_stats values{};
  values.cmd = ETHTOOL_GSTATS;
  values.n_stats = count;
  std::memcpy(read.values.data(), &values, sizeof values);
  if (!call.ask(interface, read.values.data())) return {};
  std::memcpy(&values, read.values.data(), sizeof values);
  read.count = std::min({count, names.len, values.n_stats});
  return read;
}

struct BaseName {
  std::string text;
  bool of_queue = false;
};

// "[3]: rx_discards", "rx_queue_3_drops" and "rx3_drops" are "rx_discards" and "rx_drops" of a
// queue.
BaseName base_name(std::string_view name) {
  const auto skip_digits = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of("0123456789"), text.size()));
  };
  if (name.starts_with('[')) {
    const std::string_view rest = skip_digits(name.substr(1));
    if (rest.starts_with("]: ")) return {std::string(rest.substr(3)), true};
  }
  for (const std::string_view prefix : {"rx_queue_", "rx"}) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view number = name.substr(prefix.size());
    const std::string_view rest = skip_digits(number);
    if (rest.size() < number.size() && rest.starts_with('_'))
      return {"rx" + std::string(rest), true};
  }
  return {std::string(name), false};
}

template <std::size_t size>
std::optional<std::int64_t> sum_of(const Statistics& statistics,
                                   const std::string_view (&names)[size]) {
  for (const std::string_view wanted : names) {
    std::optional<std::int64_t> of_device;
    std::optional<std::int64_t> of_queues;
    for (std::uint32_t i = 0; i < statistics.count; ++i) {
      const BaseName base = base_name(statistics.name(i));
      if (base.text != wanted) continue;
      std::optional<std::int64_t>& sum = base.of_queue ? of_queues : of_device;
      // So that the sum of all queues cannot overflow.
      constexpr std::uint64_t kValueMax = std::uint64_t{1} << 46;
      sum = sum.value_or(0) +
            static_cast<std::int64_t>(std::min<std::uint64_t>(statistics.value(i), kValueMax));
    }
    if (of_device) return of_device;
    if (of_queues) return of_queues;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<EthtoolCall> make_ethtool_call() { return std::make_unique<HostEthtool>(); }

std::optional<std::string> driver_of(const EthtoolCall& call, const std::string& interface) {
  ethtool_drvinfo request{};
  request.cmd = ETHTOOL_GDRVINFO;
  if (!call.ask(interface, &request)) return std::nullopt;
  const std::string driver(request.driver, strnlen(request.driver, sizeof request.driver));
  return driver.empty() ? std::nullopt : std::optional(driver);
}

std::optional<Ring> rx_ring_of(const EthtoolCall& call, const std::string& interface) {
  ethtool_ringparam request{};
  request.cmd = ETHTOOL_GRINGPARAM;
  if (!call.ask(interface, &request)) return std::nullopt;
  return Ring{request.rx_pending, request.rx_max_pending};
}

std::optional<Coalescing> coalescing_of(const EthtoolCall& call, const std::string& interface) {
  ethtool_coalesce request{};
  request.cmd = ETHTOOL_GCOALESCE;
  if (!call.ask(interface, &request)) return std::nullopt;
  return Coalescing{request.rx_coalesce_usecs, request.use_adaptive_rx_coalesce != 0};
}

std::optional<bool> offload_of(const EthtoolCall& call, const std::string& interface,
                               Offload offload) {
  ethtool_value request{};
  switch (offload) {
    case Offload::tso: request.cmd = ETHTOOL_GTSO; break;
    case Offload::gro: request.cmd = ETHTOOL_GGRO; break;
    case Offload::gso: request.cmd = ETHTOOL_GGSO; break;
  }
  if (!call.ask(interface, &request)) return std::nullopt;
  return request.data != 0;
}

LinkDrops drops_of(const EthtoolCall& call, const std::string& interface) {
  const Statistics statistics = read_statistics(call, interface);
  return {sum_of(statistics, kDiscards), sum_of(statistics, kBufErrors)};
}

}  // namespace melisai::plugins::procfs
