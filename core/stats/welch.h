// Whether the mean of one handful of values is larger than that of another. Pure.
#pragma once

#include <span>

namespace melisai::stats {

/// P(means so far apart | equal means), one-sided: small when `head` is larger. Two samples of
/// different spread: Welch, Biometrika 34 (1947), with Satterthwaite's degrees of freedom. Finite
/// values, at least one a side. With one value on each side only its direction is known: 1/2 or 1.
double chance_of_larger_mean(std::span<const double> base, std::span<const double> head);

}  // namespace melisai::stats
