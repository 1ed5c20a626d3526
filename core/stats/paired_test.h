// The sequential test behind every decision, as a pure function of the values seen so far. A value
// is the log ratio of one pair, log(head/base) with the sign turned so that positive is worse (or a
// signed difference; then delta is one too). One interface, so that a better rule can replace the
// first one without touching core/gate.
#pragma once

#include <memory>
#include <span>

namespace melisai::stats {

enum class Finding {
  open,    ///< measure on
  clear,   ///< a slowdown of delta or more is ruled out
  slower,  ///< no slowdown (<= 0) is ruled out, delta is not
};

struct TestLevels {
  double delta = 0;     ///< > 0: the slowdown that must not be missed, in the unit of the values
  double alarm = 0.01;  ///< P(slower at any look | truth <= 0) is at most this; 0 < alarm <= 0.5
  double miss = 0.05;   ///< P(clear at any look | truth >= delta) is at most this
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
};

/// Winsorised group-sequential t test; looks, levels and measured error rates:
/// core/decisions/0003-first-decision-rule.md.
std::unique_ptr<PairedTest> make_winsorised_test();

}  // namespace melisai::stats
