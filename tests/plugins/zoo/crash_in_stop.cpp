// Dies in stop(), of a signal that is no abort().
#include <csignal>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.crash_in_stop"};
  void stop(melisai::Emitter&) { raise(SIGSEGV); }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
