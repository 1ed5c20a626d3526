// A flame graph of the difference of two sides as one SVG file that needs nothing else: base, head
// and difference, search, zoom, keyboard, and colours that do not ask for red and green. Names come
// from programs that nobody vouches for: they are text and attributes only. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "core/flame/difference.h"

namespace melisai::flame {

constexpr std::size_t kSvgBytesMax = 2'000'000;

struct SvgText {
  std::string title;  ///< "parse/BM_Small: CPU time"
  std::string base;   ///< what the sides are: "main 1a2b3c4"
  std::string head;
  std::string unit = "samples";  ///< of the weights, per run: "ms", "samples"
  double scale = 1;              ///< by which weights are multiplied before they are written
};

/// Small functions are merged until the file has at most kSvgBytesMax bytes. Runs of one side only
/// make a graph of that side.
std::string render_svg(const Runs& runs, const SvgText& text);

}  // namespace melisai::flame
