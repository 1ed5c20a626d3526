// How often something happens, judged by how often it was seen to. Pure.
#pragma once

namespace melisai::stats {

/// P(at least `hits` of `trials`) when each is a hit with probability `rate`, 0 < rate < 1.
double binomial_tail(int hits, int trials, double rate);

/// Upper limit of the rate behind `hits` of `trials`, too low with a probability of at most
/// `error`; 1 without trials. Clopper and Pearson, Biometrika 26 (1934), one-sided.
double rate_limit(int hits, int trials, double error);

}  // namespace melisai::stats
