// Why a benchmark got slower, as far as anything shows. Explains; never judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// What kind of thing takes the time that head needs more. In JSON: the enumerator's name.
enum class Cause {
  cpu_work,        ///< more instructions
  cpu_efficiency,  ///< as many, and slower: caches, branches, false sharing, the clock
  allocation,
  memory,  ///< page faults: more memory touched, or read back from disk
  system_calls,
  file_io,
  lock_wait,
  scheduling,  ///< waiting for a CPU: too many threads
  network,
  subprocesses,
  sleep,  ///< it wanted to wait: timers, delays, back-off
  not_known,
};
std::string_view to_string(Cause cause);
std::string_view words_of(Cause cause);  ///< "lock wait", for people

/// One number per run that speaks for the cause.
struct EvidenceMetric {
  std::string name;            ///< "futex_wait"
  std::string unit;            ///< canonical: ns, B, count
  std::optional<double> base;  ///< means over the profiling runs; nothing: not measured
  std::optional<double> head;
  bool operator==(const EvidenceMetric&) const = default;
};

/// A function that costs more on head, with what libraries and kernel do on its behalf.
struct EvidenceFunction {
  std::string name;
  std::string file;  ///< where it is written; "" when not known
  int line = 0;      ///< 0 when not known
  std::string when;  ///< "on-cpu", "off-cpu"
  std::string unit;  ///< "ns", "count"
  double base = 0;   ///< per run
  double head = 0;
  double confidence = 0;  ///< that it grew at all, 0 to 1
  bool operator==(const EvidenceFunction&) const = default;
};

/// Something to look at, beside report.json.
struct EvidenceFile {
  std::string kind;  ///< "flame_graph", "folded_base", "folded_head"
  std::string path;  ///< relative to the output directory
  bool operator==(const EvidenceFile&) const = default;
};

/// Runs of both sides, in turns, with the collectors around them.
struct EvidencePass {
  std::string name;     ///< "counts", "stacks", "instructions", "deep"
  int runs = 0;         ///< of each side
  double seconds = 0;   ///< what it took, starting the collectors included
  std::string problem;  ///< why it said nothing, or not all; "" otherwise
  bool operator==(const EvidencePass&) const = default;
};

struct Evidence {
  std::string benchmark;  ///< full name
  Cause cause = Cause::not_known;
  /// How much of the slowdown the metrics account for (0 to 1), times how sure their growth is.
  double confidence = 0;
  std::string sentence;  ///< "lock wait: futex wait 3 ms → 41 ms per run, from Cache::get (...)"
  std::string advice;    ///< what to do about it; "" when nobody knows
  std::string note;      ///< what was missing or limits this; may be empty
  std::vector<EvidenceMetric> metrics;
  std::vector<EvidenceFunction> functions;  ///< largest growth first
  std::vector<EvidenceFile> files;
  std::vector<EvidencePass> passes;  ///< what it took to find out, in the order of the passes
  bool operator==(const Evidence&) const = default;
};

}  // namespace melisai
