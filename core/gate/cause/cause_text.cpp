#include "core/gate/cause/cause_text.h"

#include <chrono>
#include <cmath>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/gate/cause/cause_rules.h"

namespace melisai::gate {
namespace {

std::string grouped(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

// "120,000", and of means over runs "3.5".
std::string count_text(double value) {
  const double shown = std::fmin(value, 9e17);
  const long long tenths = std::llround(shown * 10);
  if (shown >= 1e6 || tenths % 10 == 0) return grouped(std::to_string(std::llround(shown)));
  return grouped(std::to_string(tenths / 10)) + "." + std::to_string(tenths % 10);
}

// "3.00 ms" -> "3 ms"
std::string without_zeros(std::string quantity) {
  const std::size_t unit = quantity.find(' ');
  if (quantity.find('.') >= unit || unit == std::string::npos) return quantity;
  std::size_t end = quantity.find_last_not_of('0', unit - 1);
  if (quantity[end] != '.') ++end;
  return quantity.substr(0, end) + quantity.substr(unit);
}

std::string amount_text(double value, std::string_view unit) {
  if (unit == "count") return count_text(value);
  if (unit != "ns" || std::fabs(value) > 1e17) return without_zeros(format_quantity(value, unit));
  return without_zeros(format_duration(std::chrono::nanoseconds(std::llround(value))));
}

std::string signal_text(const CauseInput& input, Signal signal) {
  const std::optional<Change> change = change_of(input, signal);
  const SignalRow& row = row_of(signal);
  return change ? change_text(row.words, *change, row.unit) + " per run" : "";
}

// The call whose number grew most: "read 120 → 12,000".
std::string call_text(const CauseInput& input) {
  const std::string* most = nullptr;
  Change largest;
  for (const auto& [name, observed] : input.calls)
    if (const auto change = change_of(observed); change && change->growth() > largest.growth()) {
      most = &name;
      largest = *change;
    }
  return most == nullptr
             ? ""
             : ", of which " + change_text(printable(most->substr(0, 60)), largest, "count");
}

// What grew most beside work that takes longer: ", cache misses 10,000 → 2,000,000 per run".
std::string companion_text(const CauseInput& input, Cause cause) {
  std::optional<Signal> most;
  double largest = 0;
  for (const Signal signal : companions_of(cause)) {
    if (!has_grown(input, signal)) continue;
    const Change change = *change_of(input, signal);
    const double times = change.head / std::fmax(change.base, 1);
    if (times > largest) most = signal;
    largest = std::fmax(largest, times);
  }
  return most ? ", " + signal_text(input, *most) : "";
}

}  // namespace

bool has_grown(const CauseInput& input, Signal signal) {
  constexpr double kPart = 0.02;
  const std::optional<Change> change = change_of(input, signal);
  return change && change->growth() >= row_of(signal).growth_min &&
         change->growth() >= kPart * change->base;
}

std::string change_text(std::string_view words, const Change& change, std::string_view unit) {
  return std::string(words) + " " + amount_text(change.base, unit) + " → " +
         amount_text(change.head, unit);
}

std::string place_text(const Evidence& evidence) {
  if (evidence.functions.empty()) return "";
  const EvidenceFunction& function = evidence.functions.front();
  std::string text = ", from " + function.name;
  if (!function.file.empty() && function.line > 0) {
    const std::size_t slash = function.file.rfind('/');
    text += " (" + function.file.substr(slash + 1) + ":" + std::to_string(function.line) + ")";
  }
  return text;
}

std::string sentence_of(const Evidence& evidence, const CauseInput& input,
                        std::optional<Signal> leading) {
  std::string text = std::string(words_of(evidence.cause)) + ": ";
  const Signal judged = input.of_cpu_time || !change_of(input, Signal::wall_time)
                            ? Signal::cpu_time
                            : Signal::wall_time;
  switch (evidence.cause) {
    case Cause::not_known: {
      const std::string change = signal_text(input, judged);
      if (change.empty()) return text + "nothing was measured on both sides";
      const std::string place = place_text(evidence);
      return text + change + place + ", and nothing " + (place.empty() ? "" : "else ") +
             "that was counted explains it";
    }
    case Cause::cpu_work: text += signal_text(input, leading.value_or(Signal::instructions)); break;
    case Cause::cpu_efficiency:
      text += signal_text(input, Signal::cpu_time) + ", " +
              signal_text(input, Signal::instructions) + companion_text(input, evidence.cause);
      break;
    default:
      text += leading ? signal_text(input, *leading) : "";
      if (evidence.cause == Cause::system_calls) text += call_text(input);
      if (evidence.cause == Cause::subprocesses && leading && row_of(*leading).unit == "ns")
        text += companion_text(input, evidence.cause);
  }
  return text + place_text(evidence);
}

}  // namespace melisai::gate
