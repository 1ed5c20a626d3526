// Announces a frame of 512 MiB.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.huge_frame"};
  void start(const melisai::Target&) { zoo::write_to_the_line({"\0\0\0\x20{", 5}); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
