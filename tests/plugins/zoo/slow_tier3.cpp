// Sleeps in tier 3, as a tool of the profiles standard and deep.
#include "tests/plugins/zoo/slow.h"

namespace {

struct Slow : zoo::Slow {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.slow_tier3"};
  static constexpr melisai::PartInfo kParts[] = {
      {.name = "biolatency", .category = "disk", .tier = 3}};
  void stop(melisai::Emitter& emitter) { emitter.result("biolatency", spans_as_json()); }
};

}  // namespace

MELISAI_COLLECTOR(Slow)
