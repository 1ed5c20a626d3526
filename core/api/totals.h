// TotalsCache: what is counted over all runs there ever were, for /metrics. Counted off the loop,
// by one reader at a time, and not again while it is fresh. On the loop's thread. Private to
// core/api.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/api/api.h"
#include "core/base/units.h"

namespace melisai::api {

inline constexpr Milliseconds kTotalsFresh{5'000};

class TotalsCache {
 public:
  using Totals = Result<std::vector<store::RunTotals>>;
  explicit TotalsCache(const Daemon& daemon) : daemon_(daemon) {}
  /// Calls `then` once, now or later. While a benchmark is being timed old ones do.
  void get(std::function<void(const Totals&)> then);

 private:
  bool is_fresh() const;
  void counted(Totals totals);

  const Daemon& daemon_;
  std::optional<Totals> totals_;
  std::chrono::nanoseconds counted_at_{};
  std::vector<std::function<void(const Totals&)>> waiting_;
  std::shared_ptr<TotalsCache*> self_ = std::make_shared<TotalsCache*>(this);
};

}  // namespace melisai::api
