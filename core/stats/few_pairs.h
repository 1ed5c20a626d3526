// Limits of a shift from a handful of expensive pairs: too few for the sequential test of
// paired_test.h, which would have to wait for more. Pure.
#pragma once

#include <span>

#include "core/stats/paired_test.h"

namespace melisai::stats {

struct ShiftOfFew {
  double center = 0;  ///< mean of head - base
  double low = 0;     ///< P(truth < low at any number of pairs) <= alarm; may be -infinity
  double high = 0;    ///< P(truth > high at any number of pairs) <= miss; may be infinity
};

/// `base` and `head` in time order, finite, of one length >= 1; who went first was drawn. Student's
/// t of the differences and of both sides as independent samples, each with half of the level: the
/// first is not widened by drift, the second knows twice as much of the noise. Infinite below four
/// pairs. Where a limit decides, ask pairs_needed() too.
ShiftOfFew shift_of_few(std::span<const double> base, std::span<const double> head,
                        const Rates& rates);

/// Noise of two states, as of a machine on which something else runs or not, tells the sides apart
/// by chance with a probability of up to 4^-pairs, and then no spread gives it away. With fewer
/// pairs than this, that is more than `level`. A state moves many quantities at once: `level` is
/// that of all that are judged together.
int pairs_needed(double level);

}  // namespace melisai::stats
