// Sleeps.
#include "tests/plugins/zoo/slow.h"

namespace {

struct Slow : zoo::Slow {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.slow"};
  static constexpr melisai::PartInfo kParts[] = {{.name = "slow", .category = "disk"}};
  void stop(melisai::Emitter& emitter) { emitter.result("slow", spans_as_json()); }
};

}  // namespace

MELISAI_COLLECTOR(Slow)
