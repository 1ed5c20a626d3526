// Asks for a capability.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Capable : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.capable",
                                                .capabilities = "CAP_SYS_PTRACE CAP_SYSLOG"};
};

}  // namespace

MELISAI_COLLECTOR(Capable)
