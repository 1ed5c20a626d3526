// Notice: what people are told about a run. Plain data; kept and settled by core/store/queue.h,
// delivered by `serve`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/pipeline_run.h"

namespace melisai {

struct Notice {
  enum class Level { info, warning, error, critical };
  enum class Event {
    failed,
    regression,
    inconclusive,
    error,
    escalated,        ///< too many failures in a row
    recovered,        ///< passed after failures that people were told of
    paused,           ///< its pipeline starts nothing until somebody resumes it
    slow,             ///< longer than the duration that is worth a warning
    very_slow,        ///< longer than the critical one
    found,            ///< what a follow-up found: the commit of a regression, a patch that mends
    approval_wanted,  ///< a pull request waits for somebody to approve its head; there is no run
    report,           ///< the run has one; for the forge alone, whatever the outcome
    accepted,         ///< somebody accepts what the run found slower; for the forge alone, too
    approved          ///< somebody approved that head; for the forge alone, and without a run
  };
  std::int64_t id = 0;
  Level level = Level::info;
  Event event = Event::failed;
  PipelineRun run;        ///< as it is when the notice is read
  std::string reason;     ///< one sentence
  int failures = 0;       ///< of that pipeline on that ref in a row, this run included
  std::string directory;  ///< of the run's last attempt: its logs; "" without one
  WallTime at;
  /// Of approval_wanted and approved; `run` then only says project, ref and commit.
  std::optional<Proposal> proposal = {};
  bool operator==(const Notice&) const = default;
};
std::string_view to_string(Notice::Level level);
std::string_view to_string(Notice::Event event);
Notice::Level level_of(Notice::Event event);

/// Which notices a run makes, and to whom they go.
struct NoticeRules {
  bool failures = true;            ///< false: only escalations, pauses and durations
  int escalate_after = 3;          ///< failures of a pipeline on a ref in a row
  bool pause = false;              ///< a failure stops its pipeline until it is resumed
  std::vector<std::string> sinks;  ///< names; each gets every notice but reports
  /// Sinks of reports, by project.
  std::map<std::string, std::string> reports = {};
  /// Sinks of heads that wait for approval, and of their approvals, by project.
  std::map<std::string, std::string> approvals = {};
};

}  // namespace melisai
