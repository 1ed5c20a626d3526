// Hosts by their numbers, and a loaded one: noisy CPU, bursts, a load average that remembers,
// sockets that come and go, pressure.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "core/gate/health/health.h"
#include "tests/unit/gate/health_fixture.h"
#include "tests/unit/stats/noise.h"

namespace melisai::fixtures {

/// A quiet host with four CPUs.
struct Host {
  double user = 30, system = 4, iowait = 1, load = 2, pressure = 0.5;
  double swap_pct = 0, reclaim = 0, disk_latency = 2, retransmits = 0.2;
  double close_wait = 0, time_wait = 40;
};

inline std::string said(double value) { return std::to_string(std::max(value, 0.0)); }

inline HostCategories categories(const Host& h) {
  const double idle = 100 - h.user - h.system - h.iowait;
  const std::string cpu = R"({"user_pct":)" + said(h.user) + R"(,"system_pct":)" + said(h.system) +
                          R"(,"iowait_pct":)" + said(h.iowait) + R"(,"idle_pct":)" + said(idle) +
                          R"(,"load_avg_1":)" + said(h.load) + R"(,"num_cpus":4,"psi_some_10":)" +
                          said(h.pressure) + "}";
  const std::string memory =
      R"({"total_bytes":16000000000,"available_bytes":9000000000,"swap_total_bytes":1000,)"
      R"("swappiness":60,"swap_used_bytes":)" +
      said(10 * h.swap_pct) + R"(,"reclaim":{"direct_reclaim_rate":)" + said(h.reclaim) + "}}";
  const std::string disk = R"({"devices":[{"name":"sda","utilization_pct":9,"avg_latency_ms":)" +
                           said(h.disk_latency) + "}]}";
  const std::string network = R"({"tcp":{"retrans_rate_per_sec":)" + said(h.retransmits) +
                              R"(,"close_wait_count":)" + said(std::floor(h.close_wait)) +
                              R"(,"time_wait_count":)" + said(std::floor(h.time_wait)) +
                              R"(},"sysctls":{"tcp_max_tw_buckets":16384,"somaxconn":128}})";
  const auto data = [](const std::string& text) { return "{\"data\":" + text + "}"; };
  return host({{"cpu_utilization", data(cpu)},
               {"memory_info", data(memory)},
               {"disk_stats", data(disk)},
               {"network_stats", data(network)}});
}

/// `count` pairs in drawn order, two at a time once each way, on a host that other work loads. It
/// differs from one call to the next. `plant` changes what head does.
inline std::vector<gate::HealthPair> loaded_host(int count, test::Noise& noise,
                                                 const std::function<void(Host&)>& plant = {}) {
  const double busy = 20 + 60 * noise.uniform();
  const double burst = noise.uniform() * 0.5;
  const double sockets = 3 * noise.uniform() * noise.uniform();
  const double climb = noise.coin() ? noise.uniform() : 0;
  double load = 1 + 3 * noise.uniform();
  const auto window = [&] {
    Host host;
    const bool is_burst = noise.uniform() < burst;
    host.user = std::clamp(busy + 6 * noise.normal() + (is_burst ? 15 : 0), 1.0, 88.0);
    host.system = std::clamp(5 + 2 * noise.laplace() + (is_burst ? 4 : 0), 0.5, 10.0);
    load += climb + 0.15 * (host.user / 12 + (is_burst ? 8 : 0) - load);
    host.load = load + 0.3 * noise.student3();
    host.pressure = std::max(0.0, host.user / 16 + 2 * noise.laplace() + (is_burst ? 20 : 0));
    host.disk_latency = is_burst ? 20 * noise.uniform() : 2 * noise.uniform();
    host.reclaim = noise.uniform() < burst ? 400 * noise.uniform() : 0;
    host.retransmits = std::max(0.0, 0.8 + noise.laplace());
    host.swap_pct = 3 + 0.2 * noise.normal();
    for (int i = 0; i < 6; ++i) host.close_wait += noise.uniform() < sockets / 6;
    host.time_wait = 40 + 30 * noise.uniform();
    return host;
  };
  std::vector<gate::HealthPair> pairs;
  bool base_first = false;
  for (int i = 0; i < count; ++i) {
    base_first = i % 2 == 0 ? noise.coin() : !base_first;
    Host sides[2] = {window(), window()};
    Host& base = sides[base_first ? 0 : 1];
    Host& head = sides[base_first ? 1 : 0];
    if (plant) plant(head);
    pairs.push_back({.base = categories(base), .head = categories(head)});
  }
  return pairs;
}

/// ci/test --full looks at this many times as many cases.
inline int repeat() {
  const char* factor = std::getenv("MELISAI_PROMISE_REPEAT");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

}  // namespace melisai::fixtures
