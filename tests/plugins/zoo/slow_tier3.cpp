// Sleeps in tier 3.
#include "tests/plugins/zoo/slow.h"

namespace {

struct Slow : zoo::Slow {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.slow_tier3"};
  static constexpr melisai::PartInfo kParts[] = {
      {.name = "slow_tier3", .category = "disk", .tier = 3}};
  void stop(melisai::Emitter& emitter) { emitter.result("slow_tier3", spans_as_json()); }
};

}  // namespace

MELISAI_COLLECTOR(Slow)
