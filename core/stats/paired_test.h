// The sequential test behind every decision, as a pure function of the values seen so far. A value
// is the log ratio of one pair, log(head/base) with the sign turned so that positive is worse (or a
// signed difference; then delta is one too). One interface, so that a better rule can replace this
// one without touching core/gate.
#pragma once

#include <memory>
#include <span>

namespace melisai::stats {

enum class Finding {
  open,    ///< measure on
  clear,   ///< a slowdown of delta or more is ruled out
  slower,  ///< no slowdown (<= 0) is ruled out, delta is not: it is plausible
};

/// What a decision may err.
struct Rates {
  double alarm = 0.01;  ///< P(slower at any look | truth <= 0) is at most this; 0 < alarm <= 0.5
  double miss = 0.05;   ///< P(clear at any look | truth >= delta) is at most this; 0 < miss <= 0.5
  bool operator==(const Rates&) const = default;
};

/// Screening, then confirmation of a suspect with fresh pairs: "slower" needs both stages, either
/// may end in "clear".
struct TwoStages {
  Rates screening;
  Rates confirmation;
};

struct TestLevels {
  double delta = 0;  ///< > 0: the slowdown that must not be missed, in the unit of the values
  Rates rates;
};

struct Look {
  Finding finding = Finding::open;
  double center = 0;  ///< robust location of the values
  double low = 0;     ///< interval that holds at all looks together: P(truth < low ever) <= alarm
  double high = 0;    ///< P(truth > high ever) <= miss; "the largest slowdown not ruled out"
};

class PairedTest {
 public:
  virtual ~PairedTest() = default;
  /// Decisions are only taken at certain numbers of pairs; the error rates are spent over them.
  virtual bool is_look(int pairs) const = 0;
  /// `values` in time order, finite, at least one; any number, also where is_look() is false.
  /// Fewer than four: open, with an infinite interval. One thread at a time.
  virtual Look look(std::span<const double> values, const TestLevels& levels) const = 0;
  /// After how many pairs in all a stage that has seen `values` (four or more, no decision yet) is
  /// likely to be decided: more than there are, at most kPairsForetold. For people and planning.
  virtual int pairs_expected(std::span<const double> values, const TestLevels& levels) const = 0;
  /// The noise floor: the smallest slowdown that would be found, with its confirmation, within
  /// `pairs` pairs as noisy as `values` (four or more) in 1 - miss of all cases. In the unit of the
  /// values, >= 0; infinite when no number of that kind exists.
  virtual double smallest_found(std::span<const double> values, const TwoStages& stages,
                                int pairs) const = 0;
};

constexpr int kPairsForetold = 10'000;  ///< beyond that nobody would measure

/// Splits what a series may err over its stages, so that both together keep `total`.
TwoStages two_stages(const Rates& total);

/// Likelihood ratio of a shift by delta against none, scale and tails unknown; looks at every pair
/// from 4 to 20, then after a tenth more each time. Levels and measured error rates:
/// core/decisions/0006-decision-rule.md.
std::unique_ptr<PairedTest> make_paired_test();

}  // namespace melisai::stats
