#include "core/history.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/history_stored.h"
#include "core/model/report.h"

namespace melisai::api {
namespace {

constexpr std::int64_t kPointsByDefault = 100;  // the newest of each series
constexpr std::int64_t kPointsMax = 1'000;
constexpr std::size_t kSeriesMax = 200;

Json points_of(const HistorySeries& series, const Histories& all, std::size_t limit) {
  Json points = Json::array();
  const std::size_t from = series.values.size() - std::min(series.values.size(), limit);
  for (std::size_t i = from; i < series.values.size(); ++i) {
    const std::string& commit = all.commits.at(series.commits[i]);
    points.push_back({{"index", series.indexes[i]},
                      {"commit", commit.empty() ? Json(nullptr) : Json(commit)},
                      {"value", series.values[i]}});
  }
  return points;
}

http::Response history_answer(const Histories& all, std::size_t limit) {
  Json series = Json::array();
  for (const HistorySeries& one : all.series)
    series.push_back({{"series", one.name},
                      {"unit", one.unit},
                      {"better", to_string(one.better)},
                      {"points", points_of(one, all, limit)}});
  return answer(200, {{"series", series}, {"warnings", all.warnings}});
}

http::Response later(int status, const std::string& reason, const char* seconds) {
  http::Response response = http::problem(status, reason);
  response.headers.push_back({"Retry-After", seconds});
  return response;
}

/// What is asked for is counted only when all of it was read: that takes a thread for long, and
/// disturbs what is measured.
std::optional<http::Response> not_now(const Parts& parts) {
  if (parts.daemon.measuring && parts.daemon.measuring())
    return later(503, "a benchmark is being measured; ask again when it is over", "10");
  if (*parts.history_is_read)
    return later(429, "the history is being read for another request; ask again", "1");
  return std::nullopt;
}

}  // namespace

void show_history(Parts& parts, Call call) {
  const Result<std::optional<std::int64_t>> limit =
      number_at(call.request, "limit", {1, kPointsMax});
  if (!limit) return call.respond(refused(limit.error()));
  HistoryRequest request{.state_dir = parts.daemon.state_dir,
                         // No repository: the one of the newest check tells the order.
                         .directory = parts.daemon.state_dir,
                         .benchmark = text_at(call.request, "benchmark"),
                         .metric = text_at(call.request, "metric"),
                         .branch = text_at(call.request, "branch"),
                         .project = text_at(call.request, "project"),
                         .series_max = kSeriesMax};
  if (request.benchmark.empty()) request.benchmark = "*";
  const auto points = static_cast<std::size_t>(limit->value_or(kPointsByDefault));
  if (auto refusal = not_now(parts)) return call.respond(*std::move(refusal));
  *parts.history_is_read = true;
  http::Respond respond = [is_read = parts.history_is_read,
                           respond = std::move(call.respond)](http::Response response) {
    *is_read = false;
    respond(std::move(response));
  };
  answer_from_pool(parts.daemon, std::move(respond),
                   [request = std::move(request), open_repo = parts.daemon.open_repo, points] {
                     const Result<Histories> all = stored_histories(request, open_repo);
                     return all ? history_answer(*all, points) : refused(all.error());
                   });
}

}  // namespace melisai::api
