// Histories of 200 commits as CI makes them, seeded: three shapes of noise of 2 % and one step.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "tests/unit/stats/noise.h"

namespace melisai::test {

enum class HistoryShape {
  gauss,
  lognormal,  ///< skewed to the right, shape parameter 1, centred on its median
  bimodal     ///< two runner classes 4 % apart that change about every tenth commit
};

constexpr std::size_t kHistoryPoints = 200;
constexpr std::size_t kHistoryStepAt = 150;

inline std::vector<double> history_noise(HistoryShape shape, std::size_t points, Noise& noise) {
  constexpr double kSigma = 0.02;
  const double skewed = kSigma / std::sqrt((std::numbers::e - 1) * std::numbers::e);
  std::vector<double> out;
  double state = noise.coin() ? 1 : -1;
  for (std::size_t i = 0; i < points; ++i) {
    switch (shape) {
      case HistoryShape::gauss: out.push_back(kSigma * noise.normal()); break;
      case HistoryShape::lognormal: out.push_back(skewed * (std::exp(noise.normal()) - 1)); break;
      case HistoryShape::bimodal:
        if (noise.uniform() < 0.1) state = -state;
        out.push_back(kSigma * state + 0.003 * noise.normal());
        break;
    }
  }
  return out;
}

/// About 100, and 100 * (1 + step) from kHistoryStepAt on.
inline std::vector<double> history_with_step(HistoryShape shape, double step, Noise& noise) {
  std::vector<double> out = history_noise(shape, kHistoryPoints, noise);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = 100 * (1 + (i < kHistoryStepAt ? 0 : step)) * (1 + out[i]);
  return out;
}

}  // namespace melisai::test
