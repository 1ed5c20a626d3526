#include <algorithm>

#include "core/api/handlers.h"
#include "core/report/report.h"

namespace melisai::api {
namespace {

using Outcome = PipelineRun::Outcome;
using report::Badge;

constexpr std::size_t kRunsSearched = 200;  // newest finished ones of the pipeline, on any branch

/// What says something about the program; nothing for a run that others pushed aside.
std::optional<Badge> badge_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed: return Badge{.message = "pass", .colour = Badge::Colour::green};
    case Outcome::failed: return Badge{.message = "failed", .colour = Badge::Colour::red};
    case Outcome::regression: return Badge{.message = "regression", .colour = Badge::Colour::red};
    case Outcome::inconclusive:
      return Badge{.message = "cannot tell", .colour = Badge::Colour::amber};
    case Outcome::error: return Badge{.message = "not measured"};
    case Outcome::cancelled:
    case Outcome::superseded:
    case Outcome::skipped: break;
  }
  return std::nullopt;
}

/// Strangers' code is no branch's, whatever they called it.
std::optional<Badge> badge_of(const PipelineRun& run, const std::string& ref) {
  if (run.ref != ref || !run.trusted || !run.outcome) return std::nullopt;
  return badge_of(*run.outcome);
}

Result<Badge> badge_for(Parts& parts, const http::Request& request) {
  const auto asked = [&](const char* name, const std::string& otherwise) {
    const std::string text = text_at(request, name);
    return text.empty() ? otherwise : text;
  };
  const auto& projects = parts.daemon.config.projects;
  store::QueueFilter filter{
      .project = asked("project", projects.size() == 1 ? projects.front().name : ""),
      .pipeline = asked("pipeline", "benchmark"),
      .limit = kRunsSearched,
      .state = PipelineRun::State::finished,
      .configuration = false};
  // Whoever asks may have no token, so that what is not there looks like what never ran.
  const Badge unknown{.message = "unknown"};
  if (filter.project.empty()) return unknown;
  MELISAI_TRY(const std::vector<PipelineRun> runs, parts.daemon.queue.runs(filter));
  const std::string ref = "refs/heads/" + asked("branch", "main");
  for (const PipelineRun& run : runs)
    if (const std::optional<Badge> badge = badge_of(run, ref)) return *badge;
  return unknown;
}

}  // namespace

void show_badge(Parts& parts, Call call) {
  const Result<Badge> badge = badge_for(parts, call.request);
  if (!badge) return call.respond(refused(badge.error()));
  http::Response response{
      .status = 200, .type = "image/svg+xml", .body = report::render_badge(*badge)};
  // Proxies of images, such as GitHub's, keep what does not say otherwise.
  response.headers.push_back({"Cache-Control", "no-cache, max-age=0"});
  call.respond(std::move(response));
}

}  // namespace melisai::api
