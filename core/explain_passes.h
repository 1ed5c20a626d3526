// The passes of an explanation that collectors make, and what is missing for them. Private to
// core/explain.
#pragma once

#include <string>
#include <vector>

#include "core/collect/collect.h"

namespace melisai {

struct PassKind {
  const char* name;
  std::vector<std::string> parts;  ///< of the collector ebpf
  bool needs_parts;                ///< without any of them nothing is run
};
const PassKind& counts_pass();
const PassKind& stacks_pass();
const PassKind& deep_pass();

/// Why these parts of the collector ebpf say nothing here; "" when they do.
std::string why_without(const std::vector<CollectorResult>& results,
                        const std::vector<std::string>& parts);
/// Whether one of them, or what may take its place, says something.
bool any_available(const std::vector<CollectorResult>& results,
                   const std::vector<std::string>& parts);

}  // namespace melisai
