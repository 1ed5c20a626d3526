#include "core/gate/health/use.h"

#include <algorithm>
#include <cmath>

#include "core/gate/health/health.h"

namespace melisai::gate {
namespace {

double percent(double value) { return std::clamp(value, 0.0, 100.0); }

// A queue holds what its depth says; in-flight requests alone would be a count.
double disk_saturation(const HostView& host) {
  double most = 0;
  for (const HostData& disk : host.data("disk_stats").list("devices")) {
    const auto full = percentage(disk.number("avg_in_flight"), disk.number("queue_depth"));
    most = std::max(most, full.value_or(0));
  }
  return most;
}

// The busier direction of the busiest interface whose speed is known: links carry both at once.
double network_utilization(const HostData& network) {
  double most = 0;
  for (const HostData& interface : network.list("interfaces")) {
    const double bytes = std::max(interface.number("rx_bytes_per_sec").value_or(0),
                                  interface.number("tx_bytes_per_sec").value_or(0));
    const std::optional<double> speed = interface.number("speed_mbps");
    if (speed && *speed > 0) most = std::max(most, 100 * bytes * 8 / (*speed * 1e6));
  }
  return percent(most);
}

// Dying connections are kept up to a limit, so their number has a percentage.
double network_saturation(const HostView& host) {
  const double sockets = host.number("network_stats", "tcp.time_wait_count").value_or(0) +
                         close_wait_sockets(host).value_or(0);
  return percentage(sockets, host.number("network_stats", "sysctls.tcp_max_tw_buckets"))
      .value_or(0);
}

std::int64_t network_errors(const HostData& network) {
  double per_second = network.number("tcp.retrans_rate_per_sec").value_or(0);
  for (const HostData& interface : network.list("interfaces"))
    per_second += interface.number("errors_per_sec").value_or(0);
  return std::llround(std::clamp(per_second, 0.0, 1e15));
}

// Seconds held back per second of the limit's periods, in units of the limit.
std::optional<ResourceUse> container_cpu(const HostData& container) {
  const std::optional<double> quota = container.number("cpu_quota");
  const std::optional<double> period = container.number("cpu_period");
  if (container.text("runtime").value_or("none") == "none" || !quota || *quota <= 0 || !period)
    return std::nullopt;
  const std::optional<double> periods = container.number("cpu_periods");
  ResourceUse use;
  // cpu_periods * quota: what the limit allowed in the window, in microseconds.
  if (periods)
    use.utilization_pct = percent(
        percentage(container.number("cpu_throttled_time_us"), *periods * *quota).value_or(0));
  use.saturation_pct = percentage(container.number("cpu_throttled_periods"), periods).value_or(0);
  return use;
}

}  // namespace

std::optional<double> cpu_utilization(const HostView& host) {
  const std::optional<double> idle = host.number("cpu_utilization", "idle_pct");
  if (!idle) return std::nullopt;
  return percent(100 - *idle);
}

std::optional<double> memory_utilization(const HostView& host) {
  const HostData memory = host.data("memory_info");
  const std::optional<double> total = memory.number("total_bytes");
  const std::optional<double> available =
      host.smallest("memory_info", "available_bytes", "available_bytes");
  if (!total || !available) return std::nullopt;
  return percentage(*total - *available, total);
}

std::optional<double> swap_usage(const HostView& host) {
  return percentage(host.largest("memory_info", "swap_used_bytes", "swap_used_bytes"),
                    host.number("memory_info", "swap_total_bytes"));
}

std::optional<double> load_per_cpu(const HostView& host) {
  const auto ratio = percentage(host.number("cpu_utilization", "load_avg_1"),
                                host.number("cpu_utilization", "num_cpus"));
  if (!ratio) return std::nullopt;
  return *ratio / 100;
}

std::optional<double> container_memory_usage(const HostView& host) {
  return percentage(host.largest("container_info", "memory_usage_bytes", "memory_usage_bytes"),
                    host.number("container_info", "memory_limit_bytes"));
}

std::optional<double> close_wait_sockets(const HostView& host) {
  return host.largest("network_stats", "tcp.close_wait_count", "close_wait_count");
}

std::optional<Reading> disk_utilization(const HostView& host) {
  return host.worst("disk_stats", {"devices", "utilization_pct", "name"});
}

std::map<std::string, ResourceUse> resources_of(const HostCategories& categories) {
  const HostView host(categories);
  std::map<std::string, ResourceUse> resources;
  if (const auto used = cpu_utilization(host))
    resources["cpu"] = {*used, std::max(0.0, load_per_cpu(host).value_or(0) - 1) * 100, 0};
  if (const auto used = memory_utilization(host))
    resources["memory"] = {*used, swap_usage(host).value_or(0), 0};
  if (const auto used = disk_utilization(host))
    resources["disk"] = {percent(used->value), disk_saturation(host), 0};
  if (const HostData network = host.data("network_stats"); !network.empty())
    resources["network"] = {network_utilization(network), network_saturation(host),
                            network_errors(network)};
  if (const auto use = container_cpu(host.data("container_info")))
    resources["container_cpu"] = *use;
  if (const auto used = container_memory_usage(host))
    resources["container_memory"] = {percent(*used), 0, 0};
  return resources;
}

}  // namespace melisai::gate
