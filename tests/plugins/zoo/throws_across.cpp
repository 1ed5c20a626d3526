// Lets an exception out through the C interface.
#include <stdexcept>

#include "tests/plugins/zoo/c_animal.h"

namespace {

std::int32_t throwing_start(void*, const melisai_target*) {
  throw std::runtime_error("nobody should see this");
}

constexpr melisai_collector throwing() {
  melisai_collector plugin = zoo::c_animal("zoo.throws_across");
  plugin.start = &throwing_start;
  return plugin;
}

}  // namespace

constexpr melisai_collector melisai_collector_v1 = throwing();
