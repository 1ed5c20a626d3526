// What a command line may override in the project's policy and measuring options.
#pragma once

#include <optional>

#include "core/model/project.h"

namespace melisai {

struct Overrides {
  std::optional<double> threshold;
  std::optional<double> false_alarm;
  std::optional<double> miss;
  std::optional<int> max_pairs;
  std::optional<Milliseconds> budget;
  std::optional<FailOn> fail_on;
  std::optional<Pinning> pin;
  std::optional<CgroupMode> cgroup;
  std::optional<bool> collectors;
  std::optional<std::string> health_profile;
  std::optional<bool> explain;
  std::optional<ExactMode> exact;
};

void apply(const Overrides& overrides, Project& project);

}  // namespace melisai
