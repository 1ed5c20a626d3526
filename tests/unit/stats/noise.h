// Seeded noise that is the same on every standard library (std distributions are not), and bounds
// for rates.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace melisai::test {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : engine_(seed) {}

  /// 0 < x < 1.
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }

  bool coin() { return (engine_() >> 63) != 0; }

  /// 0 .. bound-1; the tiny bias does not matter here.
  std::size_t below(std::size_t bound) { return engine_() % bound; }

  /// Standard normal, by Box and Muller.
  double normal() {
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
  }

  /// Student's t with 3 degrees of freedom: the heavy tails of real measurements.
  double student3() {
    const double x = normal(), y = normal(), z = normal();
    return normal() / std::sqrt((x * x + y * y + z * z) / 3);
  }

  /// Laplace with variance 2.
  double laplace() { return std::log(uniform() / uniform()); }

  /// Standard normal, one in ten ten times as wide.
  double outliers() { return normal() * (uniform() < 0.1 ? 10 : 1); }

  /// Two equal modes per half of a pair, far apart: a runner that is in one of two states.
  double two_modes() { return (coin() ? 1.0 : 0.0) - (coin() ? 1.0 : 0.0) + 0.02 * normal(); }

  /// Three equal modes per half, a unit apart.
  double three_modes() {
    return static_cast<double>(below(3)) - static_cast<double>(below(3)) + 0.02 * normal();
  }

 private:
  std::mt19937_64 engine_;
};

/// Most successes that `trials` of probability `rate` show, but for one case in about 1,000.
inline int most_expected(int trials, double rate) {
  const double mean = trials * rate;
  return static_cast<int>(std::ceil(mean + 3.1 * std::sqrt(mean * (1 - rate)) + 1));
}

}  // namespace melisai::test
