// Series: the pairs of one benchmark metric and how far their judgement came: screening, then
// confirmation with fresh pairs for a suspect. Private to core/gate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/gate/comparison.h"

namespace melisai::gate {

/// How strictly a series is judged; the same for all looks.
struct Judge {
  const stats::PairedTest& test;
  stats::TwoStages stages;
  stats::Rates gain;  ///< for calling a gain one
  int pairs_max = 60;
  bool budget_ended = false;  ///< no more pairs will come
};

/// A shown series is judged once, with the whole level; a gating one has its share of the suite's,
/// split over two stages. `suite`: number of gating series.
stats::TwoStages stages_for(bool gating, const Policy& policy, int suite);

/// Whether a series without a slowdown is better by the threshold or more.
enum class Gain { none, possible, certain };

class Series {
 public:
  Series(SeriesId id, Metric metric, Threshold threshold, int process);

  const SeriesId& id() const { return id_; }
  const Metric& metric() const { return metric_; }
  int process() const { return process_; }
  /// Measured until it is decided, and confirmed; counts in the verdict with level fail only.
  bool gating() const { return level_ != Level::off; }
  bool confirming() const { return stage_start_ > 0; }
  bool decided() const { return decided_; }
  Decision decision() const { return decision_; }
  int pairs() const { return static_cast<int>(base_.size()); }

  /// `why` may be empty.
  void make_gating(Level level, const std::string& why);
  void set_level(Level level) { level_ = level; }
  /// Ends the series. It exists on one side only: `warm_up` is what that side measured.
  void close_one_sided(Decision decision, double warm_up);
  void fail(const std::string& note);

  /// One judged pair of a series that is not decided. Values must be usable (is_usable).
  void add(double base, double head, const Judge& judge);

  BenchmarkResult result(const Judge& judge) const;

  /// The interval of the change as result() would say it; nothing where there is no limit.
  struct Limits {
    std::optional<double> low, high;
  };
  Limits limits(const Judge& judge) const;

  /// Pairs in all until a decision is likely; 0 before four pairs of this stage.
  int pairs_expected(const Judge& judge) const;

 private:
  /// What is known of the change: an estimate and an interval that holds whenever the measuring
  /// stopped.
  struct Knowledge {
    double center = 0;
    double low = 0;
    double high = 0;
  };

  void judge_stage(const Judge& judge);
  void judge_unknown_direction(const Comparison& comparison, const Judge& judge);
  bool is_hopeless(const Comparison& comparison, const Judge& judge) const;
  Knowledge knowledge(const Comparison& comparison, const Judge& judge) const;
  void suspect();
  void clear(Gain gain, const Judge& judge);
  void close(Decision decision, const std::string& note);
  Comparison comparison() const;
  std::string medians_note(const Comparison& comparison, const Knowledge& known) const;
  std::string open_note(const Comparison& comparison, const Knowledge& known,
                        const Judge& judge) const;

  SeriesId id_;
  Metric metric_;
  Threshold threshold_;
  int process_ = 0;
  Level level_ = Level::off;  ///< off: shown only
  bool decided_ = false;
  bool confirmed_ = false;
  Decision decision_ = Decision::inconclusive;
  int stage_start_ = 0;  ///< pairs before confirmation began; 0: screening
  int looked_at_ = 0;    ///< pairs at the last look
  std::string why_gating_;
  std::string note_;
  std::vector<double> base_;
  std::vector<double> head_;
  double warm_up_ = 0;  ///< only of a one-sided series
};

/// Finite, and small enough to be squared and summed.
bool is_usable(double value);

}  // namespace melisai::gate
