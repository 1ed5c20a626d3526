// Numbers in sentences of the analysis. Private to core/gate/health.
#pragma once

#include <string>

namespace melisai::gate {

/// At most two decimals, without zeros at the end: "98", "0.5", "97.13".
std::string number_text(double value);

}  // namespace melisai::gate
