// The 37 rules with the way to each value. Private to core/gate/health.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/gate/health/health.h"
#include "core/gate/health/host_view.h"

namespace melisai::gate {

/// Either `collector` and `path` name the number, or `read` finds it.
struct RuleRow {
  AnomalyRule rule;
  std::string_view collector;
  std::string_view path;
  std::optional<Reading> (*read)(const HostView&) = nullptr;
};

std::span<const RuleRow> rule_rows();
/// A rule with the levels of the policy, and what it reads there, met or not.
struct RuleReading {
  AnomalyRule rule;
  Reading reading;
};
std::vector<RuleReading> readings_of(const HostView& host, const HealthPolicy& policy);
std::optional<Reading> value_of(const RuleRow& row, const HostView& host);

}  // namespace melisai::gate
