// Buttons of check runs: what the daemon calls them where it makes them, and what it is told when
// somebody presses one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace melisai::api {

inline constexpr std::string_view kMeasureAgain = "re-measure";
inline constexpr std::string_view kAccept = "accept";
inline constexpr std::string_view kApprove = "approve";

/// What a check run is known by: the run of the queue that it is of, and which publication of it.
std::string check_run_id(std::int64_t run, std::int64_t publication);

/// Nothing for what no check_run_id() says.
std::optional<std::int64_t> run_of_check_run(std::string_view id);

/// The same of a head that waits for approval: the number of its pull request. No check_run_id()
/// looks like one.
std::string approval_id(std::int64_t number, std::int64_t publication);
std::optional<std::int64_t> number_of_approval(std::string_view id);

}  // namespace melisai::api
