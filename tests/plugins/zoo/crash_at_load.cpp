// Dies in a constructor of the library, before anybody has asked it anything.
#include <cstdlib>

#include "tests/plugins/zoo/zoo.h"

namespace {

__attribute__((constructor)) void crash() { std::abort(); }

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.crash_at_load"};
};

}  // namespace

MELISAI_COLLECTOR(Bad)
