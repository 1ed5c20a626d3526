#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/api/handlers.h"
#include "core/api/log_files.h"
#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using State = PipelineRun::State;
using Outcome = PipelineRun::Outcome;

constexpr std::size_t kRunsByDefault = 50;
constexpr std::int64_t kRunsMax = 200;
constexpr std::size_t kNameBytesMax = 500;

constexpr std::array kStates{State::blocked, State::queued, State::running, State::finished};
constexpr std::array kOutcomes{Outcome::passed,       Outcome::failed, Outcome::regression,
                               Outcome::inconclusive, Outcome::error,  Outcome::cancelled,
                               Outcome::superseded,   Outcome::skipped};

template <class Enum, std::size_t N>
Result<std::optional<Enum>> one_of(const http::Request& request, const char* name,
                                   const std::array<Enum, N>& all) {
  const std::string text = text_at(request, name);
  if (text.empty()) return std::optional<Enum>();
  std::vector<std::string> names;
  for (const Enum each : all) {
    if (to_string(each) == text) return std::optional(each);
    names.emplace_back(to_string(each));
  }
  return Error{Errc::usage, "unknown " + std::string(name) + " " + in_quotes(text) +
                                suggestion(text, names, "known")};
}

Result<store::QueueFilter> filter_of(const http::Request& request) {
  store::QueueFilter filter{.project = text_at(request, "project"),
                            .pipeline = text_at(request, "pipeline"),
                            .configuration = false};
  if (filter.project.size() > kNameBytesMax || filter.pipeline.size() > kNameBytesMax)
    return Error{Errc::usage, "no name is longer than 500 bytes"};
  MELISAI_TRY(filter.state, one_of(request, "state", kStates));
  MELISAI_TRY(filter.outcome, one_of(request, "outcome", kOutcomes));
  MELISAI_TRY(const auto limit, number_at(request, "limit", {1, kRunsMax}));
  filter.limit = static_cast<std::size_t>(limit.value_or(kRunsByDefault));
  MELISAI_TRY(const auto before, number_at(request, "before", {1, INT64_MAX}));
  filter.before = before.value_or(0);
  return filter;
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(utc_time_ms(*time)) : Json(nullptr);
}

Json attempt_object(const Attempt& attempt) {
  Json logs = Json::array();
  for (const LogFile& file : log_files(attempt, LogOrder::by_time))
    logs.push_back({{"stage", file.stage}, {"bytes", file.bytes}});
  return {{"number", attempt.number},
          {"started_at", utc_time_ms(attempt.started_at)},
          {"ended_at", time_or_null(attempt.ended_at)},
          {"outcome", attempt.outcome ? Json(to_string(*attempt.outcome)) : Json(nullptr)},
          {"reason", attempt.reason},
          {"logs", logs}};
}

/// The runs as they are written, since taking two hundred objects apart and together is most of the
/// work.
Result<std::string> list(Parts& parts, const http::Request& request) {
  MELISAI_TRY(store::QueueFilter filter, filter_of(request));
  // One more shows whether there is a next page.
  const std::size_t limit = filter.limit++;
  MELISAI_TRY(std::vector<PipelineRun> runs, parts.daemon.queue.runs(filter));
  const bool more = runs.size() > limit;
  if (more) runs.resize(limit);
  std::string text = "{\"runs\":[";
  const char* separator = "";
  for (const std::string& run : parts.daemon.runs_json(runs))
    text += std::exchange(separator, ",") + run;
  return text + "],\"next\":" + (more ? std::to_string(runs.back().id) : "null") + "}\n";
}

Result<Json> show(Parts& parts, const Call& call) {
  MELISAI_TRY(const PipelineRun run, run_of(parts, call));
  MELISAI_TRY(const std::vector<Attempt> attempts, parts.daemon.queue.attempts(run.id));
  Json all = Json::array();
  for (const Attempt& attempt : attempts) all.push_back(attempt_object(attempt));
  return Result<Json>(boost::system::in_place_value, Json{{"run", run_object(parts, run)},
                                                          {"event", run.event},
                                                          {"trusted", run.trusted},
                                                          {"attempts", all}});
}

}  // namespace

Result<PipelineRun> run_of(Parts& parts, const Call& call) {
  const auto id = id_of(call.path.at(0));
  if (!id)
    return Error{Errc::not_found,
                 in_quotes(call.path[0]) + " is no run; name it by its number, 'id' in /runs"};
  return parts.daemon.queue.run(*id);
}

Json run_object(const Parts& parts, const PipelineRun& run) {
  return run_objects(parts, {run}).at(0);
}

Json run_objects(const Parts& parts, const std::vector<PipelineRun>& runs) {
  Json all = Json::array();
  for (const std::string& run : parts.daemon.runs_json(runs))
    all.push_back(Json::parse(run, nullptr, false));
  return all;
}

void list_runs(Parts& parts, Call call) {
  const Result<std::string> listed = list(parts, call.request);
  call.respond(listed ? http::Response{.status = 200, .body = *listed} : refused(listed.error()));
}

void show_run(Parts& parts, Call call) {
  const Result<Json> shown = show(parts, call);
  call.respond(shown ? answer(200, *shown) : refused(shown.error()));
}

}  // namespace melisai::api
