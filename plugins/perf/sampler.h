// Stacks of what a process tree ran outside the kernel, at each tick of the CPU clock: what an
// ordinary user may sample of processes of his own. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/perf_ring.h"
#include "plugins/common/mappings.h"
#include "plugins/common/stack_json.h"

namespace melisai::plugins::perf {

constexpr int kSampleHertz = 199;  // no multiple of what programs and kernels do at

/// What the records of the kernel say, put together. Pure.
class Samples {
 public:
  /// One record after its header: a sample, or a name, a start, a loss. In the order of time.
  void add(std::uint32_t type, std::string_view body);

  std::vector<TakenStack> stacks() const;
  std::uint64_t count() const { return count_; }
  std::uint64_t lost() const { return lost_; }

 private:
  struct Key {
    std::uint32_t pid = 0;
    std::string comm;
    std::vector<std::uint64_t> user;
    auto operator<=>(const Key&) const = default;
  };
  void add_sample(std::string_view body);

  std::map<std::uint32_t, std::string> comms_;  // by process
  std::map<Key, std::uint64_t> stacks_;
  std::uint64_t count_ = 0;
  std::uint64_t lost_ = 0;
};

class Sampler {
 public:
  /// From the execve of `root_pid` on, and of what it starts. Throws std::runtime_error.
  explicit Sampler(std::int64_t root_pid);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Takes what there is; to be called now and then, before there is no more room.
  void take();
  /// The part profile_user, as JSON.
  std::string result();

  /// Why this machine lets us sample nothing; "" when it does.
  static std::string unavailable();

 private:
  void open(std::int64_t root_pid, int cpu);

  Mappings mappings_;
  PerfRings rings_;
  Samples samples_;
};

}  // namespace melisai::plugins::perf
