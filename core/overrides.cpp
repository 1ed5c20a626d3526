#include "core/overrides.h"

namespace melisai {
namespace {

template <class T>
void override_with(const std::optional<T>& value, T& target) {
  if (value) target = *value;
}

}  // namespace

void apply(const Overrides& overrides, Project& project) {
  override_with(overrides.threshold, project.gate.threshold);
  override_with(overrides.false_alarm, project.gate.false_alarm);
  override_with(overrides.miss, project.gate.miss);
  override_with(overrides.max_pairs, project.gate.max_pairs);
  override_with(overrides.budget, project.gate.budget);
  override_with(overrides.fail_on, project.gate.fail_on);
  override_with(overrides.pin, project.measure.pin);
  override_with(overrides.cgroup, project.measure.cgroup);
  override_with(overrides.collectors, project.collect.enabled);
  override_with(overrides.health_profile, project.gate.health.profile);
  override_with(overrides.explain, project.gate.explain.regressions);
  override_with(overrides.exact, project.gate.exact.mode);
}

}  // namespace melisai
