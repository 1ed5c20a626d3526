// JSON of hosts within limits: what collectors, other programs and older reports say is read here
// only. Private to core/model.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "core/model/host_report.h"

namespace melisai {

struct HostJsonLimits {
  std::size_t bytes_max = std::size_t{4} << 20;
  int depth_max = 32;
  // Finding a name among ordered members is linear: this bounds the square.
  std::size_t members_max = 1000;
};

/// An object in the order in which it was said, made fit to be shown: names and texts printable and
/// cut, members that are null left out. Errors: parse, with the byte or the limit.
Result<void> parse_host_json(std::string_view text, const HostJsonLimits& limits,
                             nlohmann::ordered_json& out);

struct HostDataAccess {
  static HostData of(nlohmann::ordered_json value);  ///< {} unless it is an object
  static const nlohmann::ordered_json& value(const HostData& data);
};

}  // namespace melisai
