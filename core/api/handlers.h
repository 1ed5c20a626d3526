// The handlers behind routes.cpp, by the file that holds them. Each answers its call exactly once.
// Private to core/api.
#pragma once

#include "core/api/parts.h"

namespace melisai::api {

using Parts = Api::Parts;

// health.cpp, metrics.cpp, openapi.cpp
void show_health(Parts& parts, Call call);
void show_ready(Parts& parts, Call call);
void show_metrics(Parts& parts, Call call);
void show_openapi(Parts& parts, Call call);

// modules.cpp
void show_status(Parts& parts, Call call);
void list_modules(Parts& parts, Call call);
void restart_module(Parts& parts, Call call);
void show_queue(Parts& parts, Call call);

// runs.cpp, reports.cpp, badge.cpp
void list_runs(Parts& parts, Call call);
void show_run(Parts& parts, Call call);
void show_report(Parts& parts, Call call);
void list_benchmarks(Parts& parts, Call call);
void show_badge(Parts& parts, Call call);

// logs.cpp, log_stream.cpp, events.cpp
void show_log(Parts& parts, Call call);
void stream_log(Parts& parts, Call call);
void stream_events(Parts& parts, Call call);

// commands.cpp, trigger.cpp
void pause(Parts& parts, Call call);
void resume(Parts& parts, Call call);
void stop(Parts& parts, Call call);
void cancel_run(Parts& parts, Call call);
void retry_run(Parts& parts, Call call);
void trigger(Parts& parts, Call call);
void show_trigger(Parts& parts, Call call);

// pull_requests.cpp
void list_pull_requests(Parts& parts, Call call);
void approve_pull_request(Parts& parts, Call call);

// history.cpp, records.cpp
void show_history(Parts& parts, Call call);
void list_baselines(Parts& parts, Call call);
void set_baseline(Parts& parts, Call call);
void remove_baseline(Parts& parts, Call call);
void list_acknowledgements(Parts& parts, Call call);
void acknowledge(Parts& parts, Call call);
void remove_acknowledgement(Parts& parts, Call call);

// workflows.cpp
void list_workflows(Parts& parts, Call call);
void show_workflow(Parts& parts, Call call);
void create_workflow(Parts& parts, Call call);
void replace_workflow(Parts& parts, Call call);
void remove_workflow(Parts& parts, Call call);

/// The run that {run} of the path names. Errors: not_found, io.
Result<PipelineRun> run_of(Parts& parts, const Call& call);
/// As Daemon::runs_json gives it.
Json run_object(const Parts& parts, const PipelineRun& run);
Json run_objects(const Parts& parts, const std::vector<PipelineRun>& runs);

}  // namespace melisai::api
