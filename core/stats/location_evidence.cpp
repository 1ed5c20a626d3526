#include "core/stats/location_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace melisai::stats {
namespace {

constexpr std::array kFreedoms = {1.0, 20.0};
constexpr std::size_t kScales = 6;
constexpr double kScaleMin = 0.2;
constexpr double kScaleMax = 3;
constexpr std::size_t kModels = kFreedoms.size() * kScales;

// Products of this many terms, each at most about 1e11, stay finite.
constexpr std::size_t kTermsOfProduct = 16;

// Far away is far away: squares of what lies further out could overflow.
constexpr double kFarthest = 1e4;

// Student's t around 0: log density = log_height - exponent * log(1 + narrowness * x * x).
struct Models {
  std::array<double, kModels> narrowness{};
  std::array<double, kModels> exponent{};
  std::array<double, kModels> log_height{};
};

Models make_models() {
  Models models;
  std::size_t i = 0;
  for (const double freedom : kFreedoms) {
    for (std::size_t j = 0; j < kScales; ++j, ++i) {
      const double step = static_cast<double>(j) / static_cast<double>(kScales - 1);
      const double scale = kScaleMin * std::pow(kScaleMax / kScaleMin, step);
      models.narrowness[i] = 1 / (freedom * scale * scale);
      models.exponent[i] = (freedom + 1) / 2;
      models.log_height[i] = std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2) -
                             std::log(freedom * std::numbers::pi) / 2 - std::log(scale);
    }
  }
  return models;
}

}  // namespace

double log_likelihood(std::span<const double> values, double location) {
  static const Models models = make_models();
  std::array<double, kModels> logs{};
  // One logarithm for many factors: this is where the time goes.
  for (std::size_t start = 0; start < values.size(); start += kTermsOfProduct) {
    std::array<double, kModels> product;
    product.fill(1);
    for (const double value :
         values.subspan(start, std::min(kTermsOfProduct, values.size() - start))) {
      const double distance = std::clamp(value - location, -kFarthest, kFarthest);
      const double square = distance * distance;
      for (std::size_t i = 0; i < kModels; ++i) product[i] *= 1 + models.narrowness[i] * square;
    }
    for (std::size_t i = 0; i < kModels; ++i) logs[i] += std::log(product[i]);
  }
  for (std::size_t i = 0; i < kModels; ++i) {
    logs[i] =
        static_cast<double>(values.size()) * models.log_height[i] - models.exponent[i] * logs[i];
  }
  const double best = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - best);
  return best + std::log(sum / kModels);
}

double evidence_of_shift(std::span<const double> values, double location) {
  return log_likelihood(values, location + 1) - log_likelihood(values, location);
}

}  // namespace melisai::stats
