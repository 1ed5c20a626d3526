#include "core/serve/notice_text.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/report/report.h"
#include "core/serve/accept.h"

namespace melisai::serve {
namespace {

using Event = Notice::Event;
using Json = nlohmann::ordered_json;
using report::one_line;

constexpr int kSchemaVersion = 1;
constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

std::string without(std::string_view prefix, const std::string& ref) {
  return ref.starts_with(prefix) ? ref.substr(prefix.size()) : "";
}

std::string place_of(const PipelineRun& run) {
  const std::string tag = without(kTags, run.ref);
  if (!tag.empty()) return "tag " + tag;
  const std::string branch = without(kBranches, run.ref);
  return branch.empty() ? run.ref : branch;
}

std::string_view words_for(Event event) {
  switch (event) {
    case Event::failed: return "failed";
    case Event::regression: return "is a regression";
    case Event::inconclusive: return "is inconclusive";
    case Event::error: return "could not be run";
    case Event::escalated: return "keeps failing";
    case Event::recovered: return "recovered";
    case Event::paused: return "paused its pipeline";
    case Event::slow: return "is slow";
    case Event::very_slow: return "is very slow";
    case Event::found: return "found something";
    case Event::approval_wanted: return "waits for approval";
    case Event::report: return "has a report";
    case Event::accepted: return "is accepted";
    case Event::approved: return "is approved";
  }
  return "";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(utc_time_ms(*time)) : Json(nullptr);
}

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string text_with(const Rows& rows, const Notice& notice) {
  std::string text = headline_of(notice) + "\n\n";
  for (const auto& [name, value] : rows)
    if (!value.empty()) text += name + ": " + one_line(value) + "\n";
  return text;
}

std::string text_of_proposal(const Notice& notice) {
  const PipelineRun& run = notice.run;
  return text_with({{"level", std::string(to_string(notice.level))},
                    {"project", run.project},
                    {"ref", run.ref},
                    {"commit", run.sha},
                    {"for", notice.proposal->base},
                    {"author", notice.proposal->author},
                    {"reason", notice.reason},
                    {"time", utc_time(notice.at)}},
                   notice);
}

}  // namespace

std::string headline_of(const Notice& notice) {
  const PipelineRun& run = notice.run;
  if (notice.proposal) return one_line(approval_wanted(run.project, *notice.proposal, run.sha));
  const std::string place = place_of(run);
  return one_line(name_of(run) + " " + std::string(words_for(notice.event)) +
                  (place.empty() ? "" : " on " + place) +
                  (notice.reason.empty() ? "" : ": " + notice.reason));
}

std::string text_of(const Notice& notice) {
  const PipelineRun& run = notice.run;
  if (notice.proposal) return text_of_proposal(notice);
  Rows rows{{"level", std::string(to_string(notice.level))},
            {"project", run.project},
            {"pipeline", run.pipeline},
            {"run", name_of(run)},
            {"ref", run.ref},
            {"commit", run.sha},
            {"outcome", run.outcome ? std::string(to_string(*run.outcome)) : "running"},
            {"reason", run.reason},
            {"attempts", std::to_string(run.attempts)}};
  if (notice.failures > 0) rows.emplace_back("failures in a row", std::to_string(notice.failures));
  if (run.report) rows.emplace_back("report", "melisai-gate show " + std::to_string(*run.report));
  if (run.attempts > 0) rows.emplace_back("logs", "melisai-gate logs " + name_of(run));
  if (!notice.directory.empty()) rows.emplace_back("files", notice.directory);
  rows.emplace_back("time", utc_time(notice.at));
  return text_with(rows, notice);
}

std::string to_json(const Notice& notice) {
  const PipelineRun& run = notice.run;
  const bool is_run = !notice.proposal;
  Json json{{"schema_version", kSchemaVersion},
            {"id", notice.id},
            {"level", to_string(notice.level)},
            {"event", to_string(notice.event)},
            {"time", utc_time_ms(notice.at)},
            {"project", run.project},
            {"pipeline", text_or_null(run.pipeline)},
            {"run", is_run ? Json(name_of(run)) : Json(nullptr)},
            {"run_id", is_run ? Json(run.id) : Json(nullptr)},
            {"ref", run.ref},
            {"branch", text_or_null(without(kBranches, run.ref))},
            {"tag", text_or_null(without(kTags, run.ref))},
            {"commit", run.sha},
            {"outcome", run.outcome ? Json(to_string(*run.outcome)) : Json(nullptr)},
            {"reason", notice.reason},
            {"failures_in_a_row", notice.failures},
            {"attempts", run.attempts},
            {"slow", text_or_null(std::string(to_string(run.slow)))},
            {"started_at", time_or_null(run.started_at)},
            {"finished_at", time_or_null(run.finished_at)},
            {"report", run.report ? Json(*run.report) : Json(nullptr)},
            {"log", text_or_null(notice.directory)}};
  if (!is_run)
    json["pull_request"] = {{"number", notice.proposal->number},
                            {"base", notice.proposal->base},
                            {"author", text_or_null(notice.proposal->author)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace melisai::serve
