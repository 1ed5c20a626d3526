#include "tests/bench/detection_noise.h"

#include <algorithm>
#include <cmath>

#include "core/base/result.h"
#include "core/replay_input.h"

namespace melisai::bench {
namespace {

Source windows_of(RecordedSeries series) {
  return [series = std::move(series)](test::Noise& noise) {
    const std::size_t from = noise.below(series.base.size() - kWindow + 1);
    Window window;
    for (std::size_t i = from; i < from + kWindow; ++i) {
      const bool swapped = noise.coin();
      window.base.push_back(swapped ? series.head[i] : series.base[i]);
      window.head.push_back(swapped ? series.base[i] : series.head[i]);
    }
    return window;
  };
}

std::string group_of(const std::string& file, const std::string& series) {
  const std::string metric = series.find("/cpu_ms") != std::string::npos ? "CPU time" : "wall time";
  const std::string place = series.ends_with("/pinned") ? "one CPU" : "any CPU";
  return file + ", " + place + ", " + metric;
}

bool is_time(const std::string& series) { return series.find("_ms") != std::string::npos; }

void add_recording(const std::string& directory, const std::string& file,
                   std::vector<NamedSource>& sources) {
  const auto recorded = read_recorded(directory + "/" + file + ".jsonl");
  if (!recorded) return;
  for (const RecordedSeries& series : *recorded)
    if (is_time(series.name) && series.base.size() >= kWindow)
      sources.push_back({group_of(file, series.name), series.name.substr(0, series.name.find('/')),
                         windows_of(series)});
}

}  // namespace

Window slowed(Window window, double change) {
  for (double& value : window.head) value *= 1 + change;
  return window;
}

std::vector<NamedSource> recorded_sources(const std::string& directory) {
  std::vector<NamedSource> sources;
  for (const char* file : {"pairs-b", "pairs-a"}) add_recording(directory, file, sources);
  // Pinned first: that is how the gate measures.
  std::stable_sort(sources.begin(), sources.end(), [](const NamedSource& a, const NamedSource& b) {
    const auto rank = [](const NamedSource& source) {
      const bool pinned = source.group.find("one CPU") != std::string::npos;
      return (source.group.starts_with("pairs-a") ? 2 : 0) + (pinned ? 0 : 1);
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.group > b.group;
  });
  return sources;
}

Source generated(const Shape& shape, double spread) {
  return [shape, spread](test::Noise& noise) {
    const Draw draw = shape.start(noise);
    Window window;
    for (int i = 0; i < kWindow; ++i) {
      // What both halves have in common is such that halves of Gaussian pairs are independent, for
      // the rules that do not look at pairs.
      const double common = 0.5 * noise.normal();
      const double change = draw();
      window.base.push_back(100 * std::exp(spread * (common - change / 2)));
      window.head.push_back(100 * std::exp(spread * (common + change / 2)));
    }
    return window;
  };
}

}  // namespace melisai::bench
