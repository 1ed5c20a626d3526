// Wording of what explains a report and decides nothing: accepted slowdowns, disturbed pairs,
// collectors and what they saw. Returns raw text; each format escapes it for itself.
#pragma once

#include <string>
#include <vector>

#include "core/model/report.h"

namespace melisai::report {

/// "acknowledged until 2026-12-31, up to 25 %: the new parser checks its input"; "" when it is not.
std::string acknowledgement_text(const BenchmarkResult& row);

/// One line per undecided benchmark metric whose noise hides its threshold: "parse cpu_time: noise
/// hides slowdowns below 12 % ...", and what to do.
std::vector<std::string> too_noisy_lines(const Report& report);

/// The note of a row and its acknowledgement.
std::string row_note(const BenchmarkResult& row);

/// One line per measurement that was disturbed: "parse: 3 of 12 pairs were disturbed: other
/// processes used 0.62 CPUs (pairs 4-6)".
std::vector<std::string> disturbed_lines(const Report& report);

/// One line per collector that had trouble: "collector ebpf: plugin_crashed: killed by SIGSEGV".
std::vector<std::string> collector_lines(const Report& report);

/// The values of a profile, largest relative change first, those of one side last.
std::vector<const ProfileValue*> by_change(const Profile& profile);
std::string profile_change_text(const ProfileValue& value);  ///< "+300.0 %", "from zero", "-"

/// "350 ms of CPU time, 38.1 MiB of memory": of the gate and its collectors; "" when not known.
std::string overhead_text(const Report& report);

/// "run 12; melisai-gate show 12, with the same --state-dir"; "" when the run is not stored.
std::string stored_run_text(const Report& report);

}  // namespace melisai::report
