// What a report says of what is not there: every category, every tool of the profile and every
// collector that was lost has a result with the reason.
#pragma once

#include <vector>

#include "core/model/collector.h"
#include "core/model/host_profile.h"
#include "core/model/host_report.h"

namespace melisai::host {

void complete(const HostProfile& profile, const std::vector<CollectorResult>& collectors,
              HostCategories& categories);

}  // namespace melisai::host
