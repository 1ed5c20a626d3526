// Round: modules that somebody waits for. Private to supervisor*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/supervise/scheduler.h"
#include "core/supervise/supervisor.h"

namespace melisai::supervise {

struct Supervisor::Round {
  struct Goal {
    std::size_t slot;
    std::uint64_t failures_before;
    bool settled = false;  // it runs, or has failed once
  };

  Done done;
  std::vector<Goal> goals = {};
  bool required_only = false;  // optional ones may fail
  bool starts_system = false;
  bool expired = false;
  Timer deadline = {};
};

}  // namespace melisai::supervise
