// Sentences about a cause. Private to core/gate.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/gate/cause/cause.h"

namespace melisai::gate {

/// Means per run.
struct Change {
  double base = 0;
  double head = 0;
  double growth() const { return head - base; }
};
/// Nothing when a side was not measured, or holds what is no number.
std::optional<Change> change_of(const Observed& observed);
std::optional<Change> change_of(const CauseInput& input, Signal signal);

/// Whether it grew by more than a number of it may at any time.
bool has_grown(const CauseInput& input, Signal signal);

/// "page faults 120 → 12,000"
std::string change_text(std::string_view words, const Change& change, std::string_view unit);
/// ", from Cache::get (cache.cpp:88)", of the first function; "" without one.
std::string place_text(const Evidence& evidence);

/// "lock wait: futex off-CPU 3 ms → 41 ms per run, from Cache::get (cache.cpp:88)". `leading`: the
/// signal that explains most.
std::string sentence_of(const Evidence& evidence, const CauseInput& input,
                        std::optional<Signal> leading);

}  // namespace melisai::gate
