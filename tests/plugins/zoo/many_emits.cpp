// Emits 2,500 numbers, which need three frames.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.many_emits"};
  void stop(melisai::Emitter& emitter) {
    for (int i = 0; i < 2500; ++i) emitter.emit("answer", i);
  }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
