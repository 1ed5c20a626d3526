// Which of many counts grew, when each was counted over several runs: samples of a profile by
// function. Pure.
#pragma once

#include <span>
#include <vector>

namespace melisai::stats {

/// One count over the runs of each side, at least one run a side, finite and >= 0.
struct CountedSeries {
  std::vector<double> base, head;
};

/// For each series the chance that head counted so much more than base by chance, 1 when it did not
/// count more; the sides need not have as many runs. A conditional test of two Poisson rates
/// (Przyborowski, Wilenski, Biometrika 31, 1940) on counts that are divided by the dispersion: how
/// much more runs of one side differ than counting alone explains, estimated from all series
/// together, in proportion to the mean (quasi-likelihood: Wedderburn, Biometrika 61, 1974) or to
/// its square (Robinson, Smyth, Biostatistics 9, 2008). With one run a side there is no dispersion
/// to see, so only counting noise is in the chances.
std::vector<double> chances_of_growth(std::span<const CountedSeries> series);

/// The chances after Holm (Scand. J. Stat. 6, 1979): each is the chance that this or any smaller
/// one of the family is a false alarm. In the order of `chances`.
std::vector<double> holm(std::span<const double> chances);

}  // namespace melisai::stats
