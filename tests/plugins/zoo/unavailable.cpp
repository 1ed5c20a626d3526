// Needs what no machine has.
#include <string>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.unavailable"};
  static std::string unavailable() { return "this kernel lacks /proc/flux; load flux.ko"; }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
