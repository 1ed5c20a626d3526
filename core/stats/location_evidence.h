// How much better one location explains noisy values than another when their scale and the weight
// of their tails are unknown. Pure. Private to core/stats; why it is this model:
// core/decisions/0006-decision-rule.md.
#pragma once

#include <span>
#include <vector>

namespace melisai::stats {

/// Log of the likelihood of `values` around `location`, averaged over scales from 0.2 to 3 (equal
/// weight on a log scale) and over two tails: Cauchy and, nearly Gaussian, Student's t with 20
/// degrees of freedom. Values are in units of the smallest shift that matters, finite.
/// W. S. Gosset's t as likelihood: Lange, Little, Taylor, Robust statistical modeling using the
/// t distribution, JASA 84 (1989); averaged over scales: Jeffreys, Theory of Probability (1961), V.
double log_likelihood(std::span<const double> values, double location);

/// Log Bayes factor of `location + 1` against `location`. Positive: the values speak against
/// `location` and for a shift of 1. Exceeds log(1/p) at any time with probability of about p if
/// `location` is the truth (J. Ville, 1939; Wald's likelihood ratio with a nuisance averaged out).
double evidence_of_shift(std::span<const double> values, double location);

}  // namespace melisai::stats
