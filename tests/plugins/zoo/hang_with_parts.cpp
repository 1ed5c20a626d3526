// Sees more than numbers, and never tells.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.hang_with_parts"};
  static constexpr melisai::PartInfo kParts[] = {{.name = "hang_with_parts", .category = "disk"}};
  void start(const melisai::Target&) {}
  void stop(melisai::Emitter&) { zoo::hang(); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
