// Schedule: which benchmark processes get a pair in the next round. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/units.h"

namespace melisai {

/// A benchmark process that is not decided yet.
struct Waiting {
  std::size_t subject = 0;
  int pairs = 0;
  int pairs_expected = 0;  ///< in all until a decision is likely; 0: not known yet
  bool confirming = false;
  Milliseconds pair_time{0};  ///< of its last pair
};

/// Subjects worth a pair now, in the order of `waiting`; each may have `pairs_max` in all. Suspects
/// come first, then what needs the least time, as long as the time lasts for all of them; so a
/// budget that is too small for the whole suite still settles as much of it as it can. Empty:
/// nothing that is left can be settled.
std::vector<std::size_t> next_round(std::span<const Waiting> waiting, int pairs_max,
                                    Milliseconds time_left);

}  // namespace melisai
