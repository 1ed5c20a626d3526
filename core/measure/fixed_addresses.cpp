#include "core/measure/fixed_addresses.h"

#include <sys/personality.h>

namespace melisai::measure {
namespace {

constexpr unsigned long kOnlyAsk = 0xffffffff;

}  // namespace

FixedAddresses::FixedAddresses() : before_(personality(kOnlyAsk)) {
  if (before_ >= 0) personality(static_cast<unsigned long>(before_) | ADDR_NO_RANDOMIZE);
}

FixedAddresses::~FixedAddresses() {
  if (before_ >= 0) personality(static_cast<unsigned long>(before_));
}

}  // namespace melisai::measure
