// Writes nonsense to the line.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.garbage"};
  void start(const melisai::Target&) { zoo::write_to_the_line({"\x05\0\0\0hello", 9}); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
