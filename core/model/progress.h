// ProgressSink: what the orchestrator tells a waiting person, always between timed pairs, never
// during one.
#pragma once

#include <string>

#include "core/base/units.h"
#include "core/model/report.h"

namespace melisai {

struct PairProgress {
  std::string benchmark;  ///< the open benchmark that was just measured
  int pairs = 0;
  int pairs_max = 0;
  int pairs_expected = 0;  ///< in all until a decision is likely; 0: not known yet
  bool confirming = false;
  double low = 0;  ///< fractions; infinite when unknown
  double high = 0;
  int decided = 0;  ///< benchmarks decided, of `benchmarks`
  int benchmarks = 0;
  Milliseconds time_left{0};  ///< upper bound: the budget's rest
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void stage_started(const std::string& name, const std::string& side) = 0;
  virtual void stage_finished(const StageResult& stage) = 0;
  virtual void pair_finished(const PairProgress& progress) = 0;
  virtual void note(const std::string& sentence) = 0;
  /// What it waits for from now on, as what follows "waits for"; "": for nothing any more. Besides
  /// note(), for those who look later.
  virtual void waits_for(const std::string&) {}
};

/// Somebody waits, until it is over: however that is left, nobody is told of a wait that has ended.
class ToldWait {
 public:
  explicit ToldWait(ProgressSink& progress) : progress_(progress) {}
  ~ToldWait() {
    if (told_) progress_.waits_for("");
  }
  ToldWait(const ToldWait&) = delete;
  ToldWait& operator=(const ToldWait&) = delete;

  /// Only the first time. `sentence`: for note().
  void tell(const std::string& sentence, const std::string& what) {
    if (told_) return;
    told_ = true;
    progress_.note(sentence);
    progress_.waits_for(what);
  }

 private:
  ProgressSink& progress_;
  bool told_ = false;
};

class SilentProgress final : public ProgressSink {
 public:
  void stage_started(const std::string&, const std::string&) override {}
  void stage_finished(const StageResult&) override {}
  void pair_finished(const PairProgress&) override {}
  void note(const std::string&) override {}
};

}  // namespace melisai
