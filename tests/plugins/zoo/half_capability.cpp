// Has a start() and no stop().
#include "tests/plugins/zoo/c_animal.h"

namespace {

constexpr melisai_collector half() {
  melisai_collector plugin = zoo::c_animal("zoo.half_capability");
  plugin.stop = nullptr;
  return plugin;
}

}  // namespace

constexpr melisai_collector melisai_collector_v1 = half();
