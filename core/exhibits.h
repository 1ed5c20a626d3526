// What the store knows for the plots of a run's page: the values of its pairs, how the interval ran
// until the decision, and what earlier checks measured.
#pragma once

#include "core/model/report.h"
#include "core/report/report.h"
#include "core/store/store.h"

namespace melisai {

constexpr std::size_t kExhibitedValuesMax =
    200'000;                               ///< pairs of a series beyond them are not shown
constexpr std::size_t kFollowedMax = 100;  ///< series whose interval is followed

constexpr std::size_t kHistoriesMax = 6;      ///< findings whose history is shown
constexpr std::size_t kHistoryRunsMax = 100;  ///< earlier checks that are read for them

/// Pairs that can be read; what cannot is missing in the page, which is no reason to fail.
/// `report`: of that run, which may still be going on.
report::Exhibits exhibits_of(const store::Store& store, store::RunId run, const Report& report);

/// Of the worst findings of a check: what the heads of its project measured before on this machine,
/// in the order of their runs, then this head. None where a history would have a single point.
std::vector<report::ShownHistory> histories_of(const store::Store& store, const Report& report);

}  // namespace melisai
