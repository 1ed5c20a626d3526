// The pieces of advice as tables: a condition, and what to do when it is met. 35 are melisai's, one
// is ours. Private to core/gate/health.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/gate/health/health.h"
#include "core/gate/health/host_view.h"

namespace melisai::gate {

/// Badness at which every condition begins. What is no matter of degree is twice as bad.
constexpr double kBegins = 1;

struct Case {          // a condition that is met
  double badness = 0;  ///< kBegins is where the condition begins; more is worse
  std::string evidence;
  std::string of = {};  ///< replaces "{of}": a device, or a number that stays
  std::string to = {};  ///< replaces "{to}": the number to set
};
/// One for each device that meets it; none: not met, or unknown.
using Cases = std::vector<Case>;

struct AdviceRow {
  std::string_view id;
  std::string_view category;
  std::string_view type;  ///< "fix": something goes wrong now; "optimization": a better setting
  std::string_view title;
  Cases (*met)(const HostView&);
  std::vector<std::string_view> answers;     ///< metrics of the anomalies that it may end
  std::vector<std::string_view> commands;    ///< before the settings
  std::vector<std::string_view> settings;    ///< sysctls, "vm.swappiness=10"
  std::vector<std::string_view> persistent;  ///< beside the settings
  std::string_view impact;
  std::string_view source;
  bool per_device = false;  ///< "{of}" is part of the identity
};

// In the order of melisai's list.
std::span<const AdviceRow> cpu_memory_advice();
std::span<const AdviceRow> tcp_advice();
std::span<const AdviceRow> queue_advice();
std::span<const AdviceRow> tuning_advice();
/// Beside melisai's 35: what they have no word for.
std::span<const AdviceRow> own_advice();

/// Where a number stands.
struct Place {
  std::string_view collector;
  std::string_view path;
};
/// `limit` > 0.
Cases when_above(const HostView& host, const Place& place, double limit);
/// Above 0; `much` adds 1 to the badness.
Cases when_any(const HostView& host, const Place& place, double much);
/// For when_any: of a count, and of a rate of such events. Half of it, three, is what chance alone
/// hardly makes in each of several windows.
constexpr double kManyEvents = 6;
double many_per_second(const HostView& host, std::string_view collector);
Cases when_equal(const HostView& host, const Place& place, double value);
/// 0 < value < limit. Zero switches such a setting off or is refused: no case of too little.
Cases when_small(const HostView& host, const Place& place, double limit);
Cases when_text(const HostView& host, const Place& place, std::string_view text);
/// Both are met: badness and names are those of the first.
Cases when_both(Cases first, const Cases& second);
std::string evidence(std::string_view what, double value, std::string_view unit = {});

/// Letters, digits and "._-": what may stand in a command line that people copy.
bool is_plain_name(std::string_view name);

}  // namespace melisai::gate
