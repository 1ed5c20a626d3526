// Calls a function that nobody defines.
#include "tests/plugins/zoo/zoo.h"

extern "C" void zoo_nobody_defines_this();

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.missing_symbol"};
  void start(const melisai::Target&) { zoo_nobody_defines_this(); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
