// Emits without end.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.flood_emits"};
  void stop(melisai::Emitter& emitter) {
    for (double value = 0;; ++value) emitter.emit("answer", value);
  }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
