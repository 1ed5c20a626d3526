// RunLog: the stored record of the run that is going on: begun before anything long, given every
// pair as it is finished, closed with the report. Between timed pairs only.
#pragma once

#include <string>

#include "core/model/report.h"
#include "core/step.h"
#include "core/store/store.h"

namespace melisai {

class RunLog {
 public:
  /// Stops: busy when another process writes to the state directory; interrupted; disk, also when a
  /// newer melisai-gate wrote the store.
  static Step<RunLog> begin(const std::string& state_dir, const store::Store::Writer& writer,
                            const store::RunStart& start,
                            std::chrono::system_clock::time_point now);

  store::Store& store() { return store_; }
  store::RunId run() const { return run_; }

  /// A pair that cannot be stored must not end the measurement.
  void add_pair(const std::string& process, const Pair& pair);
  void mark_disturbed(const std::string& process, const Disturbance& what);
  /// Warns of the first one that could not; "" when all were.
  const std::string& failure() const { return failure_; }

  Result<void> finish(const Report& report, const store::RunContext& context);

 private:
  RunLog(store::Store store, store::RunId run) : store_(std::move(store)), run_(run) {}
  void keep_first(const Result<void>& result);

  store::Store store_;
  store::RunId run_ = 0;
  std::string failure_;
};

}  // namespace melisai
