// Emits what is no number and what it does not declare, each twice.
#include <limits>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Nan : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.nan"};
  void stop(melisai::Emitter& emitter) {
    for (int i = 0; i < 2; ++i) {
      emitter.emit("answer", std::numeric_limits<double>::quiet_NaN());
      emitter.emit("answer", -std::numeric_limits<double>::infinity());
      emitter.emit("question", 1);
    }
    emitter.emit("answer", 42);
  }
};

}  // namespace

MELISAI_COLLECTOR(Nan)
