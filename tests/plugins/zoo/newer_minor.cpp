// Built with a header of a minor version that is to come.
#include "tests/plugins/zoo/c_animal.h"

namespace {

constexpr melisai_collector newer() {
  melisai_collector plugin = zoo::c_animal("zoo.newer_minor");
  plugin.abi_minor = MELISAI_ABI_MINOR + 1;
  plugin.struct_size += 16;
  return plugin;
}

}  // namespace

constexpr melisai_collector melisai_collector_v1 = newer();
