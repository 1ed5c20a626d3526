// Cron: the instants at which a schedule starts its pipeline. Pure: the time is an argument.
//
// When clocks change, a schedule with fixed hours starts once for each of its times: one that
// clocks skip at the first instant after the gap, one that they show twice at the first. A schedule
// whose hour begins with '*' follows real time: nothing for what is skipped, twice for what is
// shown twice.
#pragma once

#include <optional>

#include "core/model/cron.h"
#include "core/trigger/zone.h"

namespace melisai::trigger {

class Cron {
 public:
  Cron(CronSchedule schedule, Zone zone) : schedule_(std::move(schedule)), zone_(std::move(zone)) {}

  const CronSchedule& schedule() const { return schedule_; }

  /// The first start after `after`.
  SysSeconds next(SysSeconds after) const;

  /// The last start in (last_fired, now]: however long the machine slept, and however many starts
  /// it missed, there is one to catch up with. Nothing when none is due, as after a clock was set
  /// back. A run belongs to the pair of schedule and this time: whoever accepts it once per pair
  /// starts nothing twice, even if after such a step he goes on from an earlier `last_fired`.
  std::optional<SysSeconds> missed(SysSeconds last_fired, SysSeconds now) const;

 private:
  SysSeconds next_in_real_time(SysSeconds after) const;
  SysSeconds next_on_the_clock(SysSeconds after) const;

  CronSchedule schedule_;
  Zone zone_;
};

}  // namespace melisai::trigger
