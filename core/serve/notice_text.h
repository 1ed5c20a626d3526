// A notice as people and programs read it. Everything in it may come from strangers: names of
// branches, what a build printed last. Pure.
#pragma once

#include <string>

#include "core/model/notice.h"

namespace melisai::serve {

/// One line: "demo/build#12 failed on main: exit code 1".
std::string headline_of(const Notice& notice);

/// Lines of plain text, for an e-mail.
std::string text_of(const Notice& notice);

/// What notify.command reads: {"schema_version": 1, "id", "level", "event", "time", "project",
/// "pipeline", "run", "run_id", "ref", "branch", "tag", "commit", "outcome", "reason",
/// "failures_in_a_row", "attempts", "slow", "started_at", "finished_at", "report", "log"}; null for
/// what is not known. At least once: `id` tells a repetition.
std::string to_json(const Notice& notice);

}  // namespace melisai::serve
