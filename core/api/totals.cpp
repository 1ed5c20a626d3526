#include "core/api/totals.h"

#include <utility>

namespace melisai::api {
namespace {

TotalsCache::Totals count(const std::string& state_dir) {
  MELISAI_TRY(const auto queue, store::Queue::open_reader(state_dir));
  if (!queue) return std::vector<store::RunTotals>();
  return queue->run_totals();
}

}  // namespace

void TotalsCache::get(std::function<void(const Totals&)> then) {
  if (is_fresh()) return then(*totals_);
  waiting_.push_back(std::move(then));
  if (waiting_.size() > 1) return;  // it is being counted
  daemon_.in_pool([in_loop = daemon_.in_loop, state_dir = daemon_.state_dir,
                   weak = std::weak_ptr<TotalsCache*>(self_)] {
    // shared: what travels through std::function has to be copyable.
    const auto totals = std::make_shared<Totals>(count(state_dir));
    in_loop([weak, totals] {
      if (const auto self = weak.lock()) (*self)->counted(std::move(*totals));
    });
  });
}

bool TotalsCache::is_fresh() const {
  if (!totals_ || !*totals_) return false;
  if (daemon_.measuring && daemon_.measuring()) return true;
  return daemon_.clock.monotonic() - counted_at_ < kTotalsFresh;
}

void TotalsCache::counted(Totals totals) {
  totals_ = std::move(totals);
  counted_at_ = daemon_.clock.monotonic();
  for (const auto& then : std::exchange(waiting_, {})) then(*totals_);
}

}  // namespace melisai::api
