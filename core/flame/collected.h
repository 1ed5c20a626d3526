// What a collector saw, with names. Private to core/flame but for its function.
#pragma once

#include <map>
#include <string>

#include "core/flame/stacks.h"
#include "core/model/collected_stacks.h"
#include "core/symbols/symbols.h"

namespace melisai::flame {

enum class Weight { count, time };  ///< samples or events, or nanoseconds off the CPU

struct Named {
  Stacks stacks;
  std::string advice;  ///< what to do about stacks that are cut or have no names; may be empty
  /// Where the functions of `stacks` are, for Symbolizer::line_of(); of several places the first.
  std::map<StackFrame, symbols::FrameId> places;
};
/// Stacks from the process's name on, through user code, to the kernel. `symbolizer` may serve both
/// sides: files are told apart by their build ids.
Named name_stacks(const CollectedStacks& collected, Weight weight, symbols::Symbolizer& symbolizer);

}  // namespace melisai::flame
