#include "tests/bench/detection_shapes.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace melisai::bench {
namespace {

// Laplace with a median absolute deviation of ln 2 times its scale.
Draw laplace(test::Noise& noise) {
  return [&noise] {
    const double scale = 1 / (1.4826 * std::log(2.0));
    const double size = -std::log(noise.uniform()) * scale;
    return noise.coin() ? size : -size;
  };
}

Draw student3(test::Noise& noise) {
  constexpr double kMad = 0.7649;  // median of |t| with 3 degrees of freedom
  return [&noise] { return noise.student3() / (1.4826 * kMad); };
}

// One pair in ten has met something else on the machine, in either half.
Draw outliers(test::Noise& noise) {
  return [&noise] {
    const double core = noise.normal();
    if (noise.uniform() > 0.1) return core;
    const double wild = -10 * std::log(noise.uniform());
    return core + (noise.coin() ? wild : -wild);
  };
}

Draw bimodal(test::Noise& noise) {
  const double deviation = std::sqrt(0.5 + 0.02 * 0.02);
  return [&noise, deviation] { return noise.two_modes() / deviation; };
}

// The state of the machine lives longer than a run: runs, not pairs, are correlated, and which half
// comes first is drawn.
Draw correlated_runs(test::Noise& noise) {
  constexpr double kRho = 0.7;
  return [&noise, state = noise.normal()]() mutable {
    const auto next = [&] {
      state = kRho * state + std::sqrt(1 - kRho * kRho) * noise.normal();
      return state;
    };
    const double first = next();
    const double second = next();
    const double difference = (second - first) / std::sqrt(2 * (1 - kRho));
    return noise.coin() ? difference : -difference;
  };
}

// Pairs that follow each other although their order is drawn: no machine should do that, and no
// test of independent pairs can keep its promise on it.
Draw correlated_pairs(test::Noise& noise) {
  constexpr double kRho = 0.3;
  return [&noise, state = noise.normal()]() mutable {
    state = kRho * state + std::sqrt(1 - kRho * kRho) * noise.normal();
    return state;
  };
}

Draw gaussian(test::Noise& noise) {
  return [&noise] { return noise.normal(); };
}

}  // namespace

const std::vector<Shape>& generated_shapes() {
  static const std::vector<Shape> shapes{{"Gaussian", gaussian},
                                         {"Laplace", laplace},
                                         {"t3", student3},
                                         {"outliers", outliers},
                                         {"bimodal", bimodal},
                                         {"correlated runs", correlated_runs},
                                         {"correlated pairs", correlated_pairs}};
  return shapes;
}

const Shape& shape_named(const std::string& name) {
  const auto& shapes = generated_shapes();
  const auto found = std::find_if(shapes.begin(), shapes.end(),
                                  [&](const Shape& shape) { return shape.name == name; });
  if (found == shapes.end()) std::abort();
  return *found;
}

}  // namespace melisai::bench
