#include "core/api/beats.h"

#include <map>
#include <optional>
#include <utility>

namespace melisai::api {

struct Beats::State {
  explicit State(const Daemon& d) : daemon(d), released(newest()) {}

  struct Sitting {
    For what;
    std::function<void()> wake;
  };

  std::uint64_t newest() const { return daemon.bus.after(UINT64_MAX, 0).cursor; }

  Milliseconds pause(Milliseconds usual) const {
    return daemon.measuring && daemon.measuring() ? kMeasuringPause : usual;
  }

  void news() {
    if (std::exchange(news_comes, true)) return;
    news_timer =
        supervise::Timer(daemon.scheduler, daemon.scheduler.now() + pause(kNewsPause), [this] {
          news_comes = false;
          beat(For::news);
        });
  }

  void expect_growth() {
    if (growth_seats == 0 || std::exchange(growth_comes, true)) return;
    growth_timer =
        supervise::Timer(daemon.scheduler, daemon.scheduler.now() + pause(kGrowthPause), [this] {
          growth_comes = false;
          beat(For::growth);
          expect_growth();
        });
  }

  /// News is for everybody; growth for those who wait for it.
  void beat(For what) {
    if (what == For::news) {
      subscription->take();  // so that the next event wakes again
      released = newest();
    }
    std::vector<std::uint64_t> ids;
    for (const auto& [id, sitting] : seats)
      if (what == For::news || sitting.what == what) ids.push_back(id);
    // One may end another, or itself.
    for (const std::uint64_t id : ids) {
      const auto found = seats.find(id);
      if (found == seats.end()) continue;
      const auto wake = found->second.wake;
      wake();
    }
  }

  const Daemon& daemon;
  std::uint64_t released;
  std::map<std::uint64_t, Sitting> seats;
  std::uint64_t last_id = 0;
  std::size_t growth_seats = 0;
  bool news_comes = false;
  bool growth_comes = false;
  supervise::Timer news_timer;
  supervise::Timer growth_timer;
  std::optional<supervise::Subscription> subscription;
};

Beats::Beats(const Daemon& daemon) : state_(std::make_shared<State>(daemon)) {
  state_->subscription =
      daemon.bus.subscribe([in_loop = daemon.in_loop, weak = std::weak_ptr<State>(state_)] {
        in_loop([weak] {
          if (const auto state = weak.lock()) state->news();
        });
      });
}

// Here, and not with the last seat: the bus and the loop's timers may be gone by then.
Beats::~Beats() {
  state_->seats.clear();
  state_->news_timer = {};
  state_->growth_timer = {};
  state_->subscription.reset();
}

Beats::Seat Beats::take(For what, std::function<void()> wake) {
  const std::uint64_t id = ++state_->last_id;
  state_->seats.emplace(id, State::Sitting{what, std::move(wake)});
  if (what == For::growth) {
    ++state_->growth_seats;
    state_->expect_growth();
  }
  return {state_, id};
}

Beats::Seat& Beats::Seat::operator=(Seat&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(id_, other.id_);
  return *this;
}

Beats::Seat::~Seat() {
  const std::shared_ptr<State> state = state_.lock();
  if (!state) return;
  const auto found = state->seats.find(id_);
  if (found == state->seats.end()) return;
  if (found->second.what == For::growth) --state->growth_seats;
  state->seats.erase(found);
}

std::uint64_t Beats::released() const { return state_->released; }
std::uint64_t Beats::newest() const { return state_->newest(); }
std::size_t Beats::seats() const { return state_->seats.size(); }

}  // namespace melisai::api
