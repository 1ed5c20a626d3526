// Makes the pairs of a suite, and runs a Gate the way the orchestrator does.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/gate/gate.h"
#include "tests/unit/stats/noise.h"

namespace melisai::test {

inline Metric wall_time() { return {"wall_time", "ns", Better::lower, Tier::time}; }
inline Metric cpu_time() { return {"cpu_time", "ns", Better::lower, Tier::time}; }
inline Metric peak_rss() { return {"peak_rss", "B", Better::lower, Tier::near_exact}; }
inline Metric minor_faults() { return {"minor_faults", "count", Better::lower, Tier::near_exact}; }
inline Metric rchar() { return {"rchar", "B", Better::lower, Tier::exact}; }
inline Metric throughput() { return {"items", "1/s", Better::higher, Tier::explain}; }
inline Metric wait_share() { return {"wait", "ratio", Better::unknown, Tier::explain}; }

struct Halves {
  double base = 0;
  double head = 0;
};

inline void put(Pair& pair, const std::string& benchmark, const Metric& metric, Halves halves) {
  pair.base.values[{benchmark, metric.name}] = {metric, halves.base};
  pair.head.values[{benchmark, metric.name}] = {metric, halves.head};
}

inline Pair one_pair(const std::string& benchmark, const Metric& metric, Halves halves) {
  Pair pair;
  put(pair, benchmark, metric, halves);
  return pair;
}

/// A gate that has seen its warm-ups.
class StartedGate : public gate::Gate {
 public:
  explicit StartedGate(const std::vector<Pair>& warm_ups, const Policy& policy = {})
      : Gate(policy, stats::make_paired_test()) {
    start(warm_ups);
  }
};

using Draw = std::function<Pair()>;  ///< one more pair of one process

/// Each pair is the same.
inline Draw constant(const Metric& metric, Halves halves) {
  return [=] { return one_pair("app", metric, halves); };
}

/// Time with a standard deviation of 2 % a pair and a true change.
inline Draw noisy_time(double change, std::uint64_t seed) {
  return [change, noise = Noise(seed)]() mutable {
    const double base = 1e6 * std::exp(0.0141 * noise.normal());
    const double head = 1e6 * (1 + change) * std::exp(0.0141 * noise.normal());
    return one_pair("app", wall_time(), {base, head});
  };
}

/// Measures until nothing is open. The first pair is the warm-up.
inline std::unique_ptr<gate::Gate> run_gate(const Policy& policy, const Draw& draw) {
  auto gate = std::make_unique<gate::Gate>(policy, stats::make_paired_test());
  gate->start(std::vector<Pair>{draw()});
  while (!gate->open_benchmarks().empty()) gate->add(draw());
  return gate;
}

inline std::vector<BenchmarkResult> judge(const Draw& draw, const Policy& policy = {}) {
  return run_gate(policy, draw)->results();
}

/// The only result of a metric in a suite of one benchmark.
inline BenchmarkResult judge_one(const Draw& draw, const Policy& policy = {}) {
  return judge(draw, policy).front();
}

}  // namespace melisai::test
