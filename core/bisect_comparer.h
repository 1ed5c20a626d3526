// BisectComparer: builds commits and measures one against another, as a check does, with any
// policy. Used by the bisection only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/builder.h"
#include "core/machine_use.h"
#include "core/orchestrator.h"
#include "core/run_log.h"
#include "core/step.h"

namespace melisai {

class BisectComparer {
 public:
  /// All of it outlives the comparer.
  struct Setting {
    const Request& request;
    const Project& project;
    const run::Plan& plan;
    std::string only;         ///< glob, "" for all
    std::string fingerprint;  ///< of the machine
    std::uint64_t seed = 0;
  };
  BisectComparer(Setting setting, GitRepo& git, World& world);

  /// The finished build of a commit. Stops: build_failed and git for a commit that cannot be tried,
  /// others for a machine that cannot go on.
  Step<run::BuildSlot> build(const std::string& sha);
  /// The same for one side of a report, "base" or "head", whose stages it shows.
  Step<run::BuildSlot> build_side(const std::string& side, const std::string& sha,
                                  std::vector<StageResult>& stages);

  /// What the measuring yielded; also when it was stopped.
  struct Measured {
    std::vector<BenchmarkResult> benchmarks;
    std::vector<Measurement> measurements;
    Step<void> end;
  };
  /// `base` and `head`: finished trees. `log`: null, pairs are not stored. project.gate.budget
  /// holds for this one comparison.
  Measured measure(const std::string& base, const std::string& head, const Policy& policy,
                   RunLog* log = nullptr);

  /// From now on only what these series belong to is measured.
  void restrict_to(const std::vector<SeriesId>& series);

  /// Why others may have disturbed what was timed; "" when nothing is known to.
  const std::string& unprotected() const { return machine_.unprotected(); }

  /// Old builds make room. Those in use stay.
  void evict() { builds_.evict(); }

 private:
  Step<void> wait_until_quiet();

  Setting setting_;
  World& world_;
  MachineUse machine_{world_};
  run::BuildCache builds_;
  std::vector<BenchmarkSpec> benchmarks_;
  GitRepo& git_;
  SeededRng rng_;
  SeededRng names_{fresh_seed()};  ///< scratch directories of one --seed must differ
};

}  // namespace melisai
