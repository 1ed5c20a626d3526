// Asks for a capability that no collector gets.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Greedy : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.greedy",
                                                .capabilities = "CAP_SYS_ADMIN"};
};

}  // namespace

MELISAI_COLLECTOR(Greedy)
