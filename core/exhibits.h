// What the store knows for the plots of a run's page: the values of its pairs, and how the interval
// ran until the decision.
#pragma once

#include "core/model/report.h"
#include "core/report/report.h"
#include "core/store/store.h"

namespace melisai {

constexpr std::size_t kExhibitedValuesMax =
    200'000;                               ///< pairs of a series beyond them are not shown
constexpr std::size_t kFollowedMax = 100;  ///< series whose interval is followed

/// Pairs that can be read; what cannot is missing in the page, which is no reason to fail.
/// `report`: of that run, which may still be going on.
report::Exhibits exhibits_of(const store::Store& store, store::RunId run, const Report& report);

}  // namespace melisai
