// Shapes of noise that the promise is checked on, as streams of log ratios: seeds give the same
// noise on every standard library.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/stats/noise.h"

namespace melisai::bench {

/// One log ratio after another.
using Draw = std::function<double()>;

struct Shape {
  std::string name;
  /// A stream of its own for every series, fed by `noise`, which must outlive it. Robust spread
  /// (1.4826 MAD) near 1; two modes: standard deviation 1.
  std::function<Draw(test::Noise& noise)> start;
};

/// Gaussian, Laplace, t3, outliers, bimodal, correlated runs, correlated pairs.
const std::vector<Shape>& generated_shapes();
/// One of them; it must exist.
const Shape& shape_named(const std::string& name);

}  // namespace melisai::bench
