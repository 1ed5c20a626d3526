#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/base/text.h"
#include "core/store/store.h"

namespace melisai::api {
namespace {

using store::Store;

// A check holds the store for as long as it takes; nobody waits that long for an answer.
constexpr Milliseconds kLockWait{2'000};
constexpr double kUpToMin = 0.001;  // as of `ack --up-to`
constexpr double kUpToMax = 100;

struct Place {
  std::string state_dir;
  WallTime now;
};

Place place_of(const Parts& parts) { return {parts.daemon.state_dir, parts.daemon.clock.now()}; }

Result<Store> writer(const Place& place, const char* command) {
  return Store::open_writer(place.state_dir,
                            {.command = std::string("melisai-gate serve (") + command + ")",
                             .wait = kLockWait,
                             .interrupted = {},
                             .waiting = {}},
                            place.now);
}

/// As refused(), but who is in the way may be gone soon.
http::Response not_done(const Error& error) {
  http::Response response = refused(error);
  if (error.code == Errc::limit) response.headers.push_back({"Retry-After", "30"});
  return response;
}

Json object_of(const store::Baseline& baseline) {
  return {{"id", baseline.id},
          {"project", baseline.project},
          {"branch", baseline.branch},
          {"configuration", baseline.configuration},
          {"fingerprint", baseline.fingerprint},
          {"report", baseline.run},
          {"sha", baseline.sha},
          {"set_at", baseline.set_at},
          {"pinned", baseline.pinned}};
}

Json object_of(const store::StoredAcknowledgement& entry) {
  return {{"id", entry.id},
          {"project", entry.project},
          {"benchmark", entry.what.benchmark},
          {"metric", entry.what.metric},
          {"until", entry.what.until},
          {"reason", entry.what.reason},
          {"up_to", entry.what.up_to ? Json(*entry.what.up_to) : Json(nullptr)},
          {"commit", entry.commit.empty() ? Json(nullptr) : Json(entry.commit)},
          {"created_at", entry.created_at}};
}

/// All that `read` finds in the store, as an array under `key`.
template <class Read>
http::Response list_of(const std::string& state_dir, const char* key, Read read) {
  const Result<std::optional<Store>> store = Store::open_reader(state_dir);
  if (!store) return refused(store.error());
  Json all = Json::array();
  if (*store) {
    const auto entries = read(**store);
    if (!entries) return refused(entries.error());
    for (const auto& entry : *entries) all.push_back(object_of(entry));
  }
  return answer(200, {{key, all}});
}

http::Response removed(const Place& place, const char* command,
                       const std::function<Result<void>(Store&)>& remove) {
  Result<Store> store = writer(place, command);
  if (!store) return not_done(store.error());
  const Result<void> done = remove(*store);
  return done ? http::Response{.status = 204, .type = ""} : refused(done.error());
}

http::Response pinned(const Place& place, store::RunId report, const std::string& branch) {
  Result<Store> store = writer(place, "baseline set");
  if (!store) return not_done(store.error());
  const Result<store::Run> run = store->run(report);
  if (!run) return refused(run.error());
  const Result<store::Baseline> set = store->set_baseline(
      report, branch.empty() ? run->summary.branch : branch, utc_time(place.now));
  if (!set && set.error().code == Errc::usage) return http::problem(409, set.error().message);
  return set ? answer(201, object_of(*set)) : refused(set.error());
}

/// "2026-12-31", checked against the calendar.
bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t at : {0, 1, 2, 3, 5, 6, 8, 9})
    if (text[at] < '0' || text[at] > '9') return false;
  const auto part = [&](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(std::stoi(text.substr(at, size)));
  };
  return std::chrono::year_month_day{std::chrono::year(static_cast<int>(part(0, 4))),
                                     std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2))}
      .ok();
}

struct Accepted {
  std::string project;
  Acknowledgement what;
};

Result<Accepted> accepted_by(const Json& body, WallTime now) {
  Accepted accepted;
  MELISAI_TRY(accepted.project, text_in(body, "project"));
  MELISAI_TRY(accepted.what.benchmark, text_in(body, "benchmark"));
  MELISAI_TRY(accepted.what.metric, text_in(body, "metric"));
  MELISAI_TRY(accepted.what.until, text_in(body, "until"));
  MELISAI_TRY(accepted.what.reason, text_in(body, "reason"));
  if (accepted.project.empty() || accepted.what.benchmark.empty() || accepted.what.metric.empty() ||
      accepted.what.reason.empty())
    return Error{Errc::usage, "'project', 'benchmark', 'metric', 'until' and 'reason' are needed"};
  if (!is_date(accepted.what.until))
    return Error{Errc::usage, "'until' is a date such as 2026-12-31"};
  if (accepted.what.until < utc_time(now).substr(0, 10))
    return Error{Errc::usage, "'until' is in the past"};
  if (!body.contains("up_to")) return accepted;
  if (!body["up_to"].is_number() || body["up_to"].get<double>() < kUpToMin ||
      body["up_to"].get<double>() > kUpToMax)
    return Error{Errc::usage, "'up_to' is a fraction from 0.001 to 100, such as 0.05"};
  accepted.what.up_to = body["up_to"].get<double>();
  return accepted;
}

}  // namespace

void list_baselines(Parts& parts, Call call) {
  answer_from_pool(
      parts.daemon, std::move(call.respond),
      [state_dir = parts.daemon.state_dir, project = text_at(call.request, "project")] {
        return list_of(state_dir, "baselines",
                       [&](const Store& store) { return store.baselines(project); });
      });
}

void set_baseline(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {"report", "branch"}, body))
    return call.respond(*std::move(bad));
  const bool named = body.contains("report") && body["report"].is_number_integer() &&
                     body["report"].get<std::int64_t>() >= 1;
  if (!named)
    return call.respond(http::problem(400, "'report' is the number of a run's stored report"));
  const Result<std::string> branch = text_in(body, "branch");
  if (!branch) return call.respond(refused(branch.error()));
  answer_from_pool(parts.daemon, std::move(call.respond),
                   [place = place_of(parts), report = body["report"].get<std::int64_t>(),
                    branch = *branch] { return pinned(place, report, branch); });
}

void remove_baseline(Parts& parts, Call call) {
  const auto id = id_of(call.path.at(0));
  if (!id) return call.respond(http::problem(404, "there is no such baseline"));
  answer_from_pool(parts.daemon, std::move(call.respond), [place = place_of(parts), id = *id] {
    return removed(place, "baseline rm", [id](Store& store) { return store.remove_baseline(id); });
  });
}

void list_acknowledgements(Parts& parts, Call call) {
  answer_from_pool(
      parts.daemon, std::move(call.respond),
      [state_dir = parts.daemon.state_dir, project = text_at(call.request, "project")] {
        return list_of(state_dir, "acknowledgements",
                       [&](const Store& store) { return store.acknowledgements(project); });
      });
}

void acknowledge(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request,
                           {"project", "benchmark", "metric", "until", "reason", "up_to"}, body))
    return call.respond(*std::move(bad));
  Result<Accepted> accepted = accepted_by(body, parts.daemon.clock.now());
  if (!accepted) return call.respond(refused(accepted.error()));
  answer_from_pool(parts.daemon, std::move(call.respond),
                   [place = place_of(parts), accepted = *std::move(accepted)] {
                     Result<Store> store = writer(place, "ack");
                     if (!store) return not_done(store.error());
                     const std::string now = utc_time(place.now);
                     const Result<std::int64_t> id =
                         store->acknowledge(accepted.project, accepted.what, now);
                     if (!id) return refused(id.error());
                     return answer(201, object_of(store::StoredAcknowledgement{
                                            *id, accepted.project, now, accepted.what}));
                   });
}

void remove_acknowledgement(Parts& parts, Call call) {
  const auto id = id_of(call.path.at(0));
  if (!id) return call.respond(http::problem(404, "there is no such acknowledgement"));
  answer_from_pool(parts.daemon, std::move(call.respond), [place = place_of(parts), id = *id] {
    return removed(place, "ack --rm",
                   [id](Store& store) { return store.remove_acknowledgement(id); });
  });
}

}  // namespace melisai::api
