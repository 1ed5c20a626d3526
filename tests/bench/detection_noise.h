// Where the pairs of the detection bench come from: windows of recorded and of generated noise.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/detection_shapes.h"

namespace melisai::bench {

constexpr int kWindow = 60;  // pairs

/// Values of one window of consecutive pairs, without a true change.
struct Window {
  std::vector<double> base;
  std::vector<double> head;
};

/// The same window with a head that is slower by `change`, a fraction.
Window slowed(Window window, double change);

/// One more window.
using Source = std::function<Window(test::Noise&)>;

struct NamedSource {
  std::string group;  ///< sources of one group are summed up
  std::string name;
  Source source;
};

/// Times of pairs-a.jsonl and pairs-b.jsonl, in groups by file, time metric and placement; base and
/// head are swapped by coin. Empty when there is no recording.
std::vector<NamedSource> recorded_sources(const std::string& directory);

/// `spread`: of the log ratio of a pair.
Source generated(const Shape& shape, double spread);

}  // namespace melisai::bench
