// Never returns from stop(), and SIGTERM does not help.
#include <csignal>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.hang_in_stop"};
  void stop(melisai::Emitter&) {
    std::signal(SIGTERM, SIG_IGN);
    zoo::hang();
  }
};

}  // namespace

MELISAI_COLLECTOR(Bad)
