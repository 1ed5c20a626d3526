// Never returns from start().
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.hang_in_start"};
  void start(const melisai::Target&) { zoo::hang(); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
