// Sees more than numbers, and dies before it tells.
#include <csignal>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.crash_with_parts"};
  static constexpr melisai::PartInfo kParts[] = {{.name = "crash_with_parts", .category = "disk"}};
  void start(const melisai::Target&) {}
  void stop(melisai::Emitter&) { std::raise(SIGSEGV); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
