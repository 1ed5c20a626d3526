// Counters of one window: opened before the first instruction of the observed tree, read after its
// end. One thread. The system call is a seam, for tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/common/descriptor.h"
#include "plugins/perf/events.h"

namespace melisai::plugins::perf {

/// Of whom events are counted.
enum class Scope {
  tree,       // one process from its execve on, and whatever it starts
  processes,  // threads that run already, and whatever they start from now on
  cgroup,
  host
};
std::string_view to_string(Scope scope);

/// One place where an event is opened.
struct Place {
  int pid = -1;  // a thread; with `is_cgroup` the descriptor of its directory; -1: everybody
  int cpu = -1;  // -1: wherever it runs
  bool is_cgroup = false;
};

struct Target {
  Scope scope = Scope::host;
  std::vector<Place> places;
};

/// kernel.perf_event_paranoid of this machine; nothing where there is none.
std::optional<int> perf_event_paranoid();

/// A descriptor, or minus errno.
using OpenEvent = std::function<int(perf_event_attr attributes, const Place& place)>;
int open_event(perf_event_attr attributes, const Place& place);

/// What one descriptor reads.
struct Reading {
  std::uint64_t value = 0;
  std::uint64_t enabled_ns = 0;  // how long it was meant to count
  std::uint64_t running_ns = 0;  // how long it did: a CPU has fewer counters than events
};

struct Count {
  double value = 0;
  double share = 1;  // of the time that it counted; below 1 `value` is extrapolated
};

/// The sum, what was not counted made up for by the share of each. Nothing when one was meant to
/// count and never did, or when none was ever meant to.
std::optional<Count> total_of(std::span<const Reading> readings);

perf_event_attr attributes_of(const Event& event, Scope scope);

/// Why an event cannot be counted: `number` is errno. `paranoid`: kernel.perf_event_paranoid.
std::string why_not(const Event& event, Scope scope, int number, std::optional<int> paranoid);

class Counters {
 public:
  struct Result {
    const Event* event = nullptr;
    std::optional<Count> count;
    std::string reason;  // why there is none
  };

  /// Opens what can be. An event that one place refuses is not counted at all.
  Counters(const Target& target, std::optional<int> paranoid, const OpenEvent& open = open_event);

  /// Of every event, in the order of events().
  std::vector<Result> read() const;

 private:
  struct Counter {
    const Event* event = nullptr;
    std::vector<Descriptor> descriptors;
    std::string reason;
  };
  Counter open_counter(const Event& event, const Target& target, std::optional<int> paranoid,
                       const OpenEvent& open) const;

  std::vector<Counter> counters_;
};

}  // namespace melisai::plugins::perf
