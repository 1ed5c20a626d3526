// Throws in its constructor.
#include <stdexcept>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Refuser : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.refuses_config"};
  explicit Refuser(melisai::Host, std::string_view) {
    throw std::invalid_argument("'depth' must be a number");
  }
};

}  // namespace

MELISAI_COLLECTOR(Refuser)
