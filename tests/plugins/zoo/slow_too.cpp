// Sleeps while another one does.
#include "tests/plugins/zoo/slow.h"

namespace {

struct Slow : zoo::Slow {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.slow_too"};
  static constexpr melisai::PartInfo kParts[] = {{.name = "slow_too", .category = "disk"}};
  void stop(melisai::Emitter& emitter) { emitter.result("slow_too", spans_as_json()); }
};

}  // namespace

MELISAI_COLLECTOR(Slow)
