// Reports on the forge: what a notice of the event `report` becomes at its commit and on its pull
// request. Rendered by the daemon from its own store, of strangers' runs too.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/publish/publish.h"
#include "core/serve/context.h"

namespace melisai::serve {

/// Of deliveries; no sink of the configuration is called so.
std::string report_sink_of(const std::string& project);

/// Whose comments and checks they are: those of one pipeline on pull requests, or else at commits,
/// because the two are measured against different bases. A run that was started with `params` has
/// ones of its own, or what somebody tries out would replace the verdict. Fit for
/// CommentContext::name.
using Params = std::map<std::string, std::string>;
std::string context_of(const PipelineRun& run, const Params& params);

/// Of "refs/pull/7/head" and "refs/merge-requests/7/head"; 0 of others.
std::int64_t pull_request_in(const std::string& ref);

/// What names under which the approval of heads is asked for start with; those of no run.
inline constexpr std::string_view kApprovalContext = "approval";

/// Of this notice and of no other one, also of a daemon that counts from one again: the forge knows
/// what an earlier one has published there.
std::int64_t publication_of(const Notice& notice);

/// One publication, as the project's account; without secrets. `about`: for the log. Blocks for
/// notify.timeout. Errors: config when trying again changes nothing; else as publish::publish().
Result<void> put_on_forge(const std::string& about, const publish::Place& place,
                          const publish::Content& content, const WatchedProject& project,
                          const Context& context, const Interrupt& interrupt);

/// Publishes the newest report of the run's pipeline on its ref at its commit with its parameters,
/// which is the run's unless it was repeated, as acknowledgements make it now. May be done twice:
/// there is one comment, and one check run of each notice. Of `accepted` the run's regressions are
/// acknowledged before that, for this commit alone and for 90 days. Of any thread; blocks for
/// notify.timeout.
///
/// Errors: config when trying again changes nothing; unavailable, when a check holds the store;
/// else as publish::publish().
Result<void> publish_report(const Notice& notice, const WatchedProject& project,
                            const Context& context, const Interrupt& interrupt);

}  // namespace melisai::serve
