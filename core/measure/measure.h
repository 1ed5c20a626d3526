// Measure: runs base and head as pairs and says what each run cost. A pair is one run of each side,
// in random order, both on the same CPU when the workload is single-threaded; the first warm-up
// pair is unpinned and tells how to place the rest. Nothing else happens while a timed half runs.
// The orchestrator is the only caller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/rng.h"
#include "core/measure/counters.h"
#include "core/measure/machine.h"
#include "core/model/metric.h"
#include "core/model/project.h"
#include "core/model/report.h"

namespace melisai::measure {

/// One side of a benchmark: what runs, and where.
struct Side {
  std::string name;  ///< "base" or "head", for messages
  std::string tree;  ///< absolute working directory
  RunLine run;
};

struct Subject {
  BenchmarkSpec spec;
  Side base;
  Side head;
  bool base_may_lack_it =
      true;  ///< a program that base does not have makes the benchmark new instead of failed
};

class PairRunner {
 public:
  /// `work_dir`: absolute, private, exists; receives outputs and results of runs. `stat_file`:
  /// where the kernel shows stolen time.
  PairRunner(ProcessRunner& processes, Rng& rng, const MeasureOptions& options,
             std::string work_dir, std::string stat_file = "/proc/stat");
  ~PairRunner();

  /// Runs the set-up command and the warm-up pair (Pair::index 0). What goes wrong on one side is
  /// in the observation's `failed`; a program that is missing on base only leaves that observation
  /// empty. Errors: interrupted, disk_full, io, process, and timeout when `time_left` ended a run
  /// before the benchmark's own limit did.
  Result<Pair> warm_up(const Subject& subject, Milliseconds time_left);

  /// One judged pair, or with a negative `index` one more warm-up pair that is placed like the
  /// judged ones. `open`: full names of benchmarks that still need pairs; when some of the
  /// process's are missing and the format can rerun a subset, only they run. Errors as above.
  Result<Pair> measure(const Subject& subject, int index, const std::vector<std::string>& open,
                       Milliseconds time_left);

  /// One run of one side with `observer` around it; never judged and not pinned. `only`: full names
  /// of benchmarks, empty for all; others of the process run too where the format cannot leave them
  /// out. "" or why it yielded nothing. Errors as above.
  Result<std::string> profile(const Subject& subject, const Side& side, RunObserver& observer,
                              Milliseconds time_left, const std::vector<std::string>& only = {});

  /// One run of one side under a tool: `tool` is put in front of its command, with "{dir}" replaced
  /// by a directory for what it writes, which is there until the next run; "{dir%%}" likewise, for
  /// a tool to which % means something. Runs differ in their tree only: one directory for both
  /// sides, environment and arguments of one size, no address randomisation.
  struct UnderTool {
    std::string problem;  ///< as of profile()
    std::string directory;
  };
  Result<UnderTool> run_under(const Subject& subject, const Side& side,
                              const std::vector<std::string>& tool, Milliseconds time_left);

  /// How the subject was placed and run, once it was warmed up.
  Measurement describe(const Subject& subject) const;

 private:
  struct Plan;
  struct Ran {
    Exit exit;
    std::optional<std::int64_t> stolen_ns;  ///< from its CPU meanwhile; nothing when not watched
  };
  Result<Pair> run_pair(const Subject& subject, Plan& plan, int index, const std::string& filter,
                        Milliseconds time_left);
  Result<Observation> run_half(const Subject& subject, const Side& side, Plan& plan, int cpu,
                               const std::string& filter, Milliseconds time_left);
  Result<Command> prepare(const Subject& subject, const Side& side, const RunLine& line,
                          Milliseconds time_left);
  Result<Ran> run_side(const Subject& subject, const Side& side, const RunLine& line, Plan& plan,
                       int cpu, Milliseconds time_left);
  /// What makes the process run these only; "" when it cannot, or need not.
  static std::string regex_for(const Subject& subject, const Plan& plan,
                               const std::vector<std::string>& only);
  Result<bool> set_up(const Subject& subject, const Side& side, Observation& observation,
                      Milliseconds time_left);

  ProcessRunner& processes_;
  Rng& rng_;
  MeasureOptions options_;
  std::string work_dir_;
  std::string stat_file_;
  std::map<std::string, Plan> plans_;
};

}  // namespace melisai::measure
