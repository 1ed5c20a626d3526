// Dies in start().
#include <cstdlib>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.crash_in_start"};
  void start(const melisai::Target&) { std::abort(); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
