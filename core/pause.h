// Sleeping, for the few places that have to look again after a while.
#pragma once

#include "core/base/units.h"

namespace melisai {

void pause_for(Milliseconds how_long);

}  // namespace melisai
