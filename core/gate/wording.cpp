#include "core/gate/wording.h"

#include <array>
#include <cstdio>

#include "core/gate/gate.h"

namespace melisai::gate {
namespace {

std::string print(const char* format, double number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

}  // namespace

// %g above a million per cent: a hostile metric must not fill the line.
std::string percent(double fraction) {
  return print(fraction > 1e4 ? "%.3g %%" : "%.1f %%", fraction * 100);
}

std::string short_percent(double fraction) { return print("%.3g %%", fraction * 100); }

std::string worse_adjective(const Metric& metric) {
  if (metric.better == Better::higher) return "worse";
  return metric.tier == Tier::time ? "slower" : "higher";
}

std::string cannot_turn_red(int pairs_max) {
  if (pairs_max <= 0 || pairs_max >= kPairsToTurnRed) return "";
  return "max-pairs " + std::to_string(pairs_max) +
         " cannot turn red: a regression takes at least " + std::to_string(kPairsToTurnRed);
}

std::string count_of(int number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string measured_zero(const Metric& metric) {
  return "measured 0" + (metric.unit.empty() ? "" : " " + metric.unit) +
         ": the clock is too coarse or the compiler removed the work";
}

}  // namespace melisai::gate
