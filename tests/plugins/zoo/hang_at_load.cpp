// Never returns from a constructor of the library.
#include "tests/plugins/zoo/zoo.h"

namespace {

__attribute__((constructor)) void never() { zoo::hang(); }

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.hang_at_load"};
};

}  // namespace

MELISAI_COLLECTOR(Bad)
