// Logs without end.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Bad : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.flood_logs"};
  explicit Bad(melisai::Host host, std::string_view) : host_(host) {}
  void start(const melisai::Target&) {
    while (true) host_.info("the same again");
  }
  melisai::Host host_;
};

}  // namespace

MELISAI_COLLECTOR(Bad)
