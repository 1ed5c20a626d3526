// The commands that talk to a daemon or read its queue: status, stop, pause, resume, trigger,
// cancel, approve, restart-module, logs, and what its runs are and wait for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai::serve {

/// Prints a part of the answer; false when that is not possible.
using Print = std::function<bool(std::string_view)>;

/// For one of the commands of requests.h.
struct ControlRequest {
  std::string state_dir;  ///< absolute
  std::string command;
  bool json = false;     ///< of status: the answer as it is
  bool modules = false;  ///< of status
  std::string project;
  std::string pipeline;                       ///< of trigger; of pause and resume, "": everything
  bool all = false;                           ///< of resume: pipelines paused by themselves, too
  std::string ref;                            ///< of trigger
  std::map<std::string, std::string> params;  ///< of trigger
  std::string run;                            ///< of cancel: "12", or "build#3", or "demo/build#3"
  std::string module;                         ///< of restart-module
  std::int64_t number = 0;                    ///< of approve: the pull request
  std::string commit = "";                    ///< of approve: its head, full hex
};
/// Exit code 0. Errors: usage; not_found when no daemon runs; what the daemon refuses.
Result<int> control(const ControlRequest& request, const Print& print);

struct PipelineRunsRequest {
  std::string state_dir;  ///< absolute
  std::string project;    ///< "" for all
  std::string pipeline;   ///< "" for all
  std::size_t limit = 50;
  bool json = false;
};
Result<int> pipeline_runs(const PipelineRunsRequest& request, const Print& print);
struct ShowPipelineRun {
  std::string state_dir;  ///< absolute
  std::string run;        ///< as of ControlRequest
  bool json = false;
};
/// What the store knows more of it, by its number there; nothing of JSON, which holds that number.
Result<std::optional<std::int64_t>> show_pipeline_run(const ShowPipelineRun& request,
                                                      const Print& print);
/// The number in the store of what that run measured. Errors: usage, not_found.
Result<std::int64_t> stored_run(const std::string& run, const std::string& state_dir);
/// Whether a daemon ever worked there.
bool has_queue(const std::string& state_dir);

struct LogsRequest {
  std::string state_dir;  ///< absolute
  std::string run;        ///< as of ControlRequest
  bool follow = false;
  bool for_terminal = false;  ///< as TerminalText shows it
};
/// `interrupted` ends the following.
Result<int> logs(const LogsRequest& request, const Print& print,
                 const std::function<bool()>& interrupted);

}  // namespace melisai::serve
