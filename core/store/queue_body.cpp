#include "core/store/queue_body.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

namespace melisai::store {
namespace {

using State = PipelineRun::State;
using Outcome = PipelineRun::Outcome;

constexpr std::array kStates{State::blocked, State::queued, State::running, State::finished};
constexpr std::array kOutcomes{Outcome::passed,       Outcome::failed, Outcome::regression,
                               Outcome::inconclusive, Outcome::error,  Outcome::cancelled,
                               Outcome::superseded,   Outcome::skipped};
constexpr std::array kSlow{PipelineRun::Slow::no, PipelineRun::Slow::warning,
                           PipelineRun::Slow::critical};

Error not_ours(const std::string& what) { return damaged("queue.db", what); }

template <class Enum>
std::optional<Enum> word(std::string_view text, std::span<const Enum> all) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](Enum candidate) { return to_string(candidate) == text; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

Result<std::vector<std::string>> names_from_json(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array()) return not_ours("a list of names is none");
  std::vector<std::string> names;
  for (const auto& name : parsed) {
    if (!name.is_string()) return not_ours("a name is no text");
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<void> read_waits(const std::string& json, PipelineRun& run) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return not_ours("what a run waits for is no object");
  if (parsed.contains("good")) {
    MELISAI_TRY(run.after_good, names_from_json(parsed["good"].dump()));
  }
  if (parsed.contains("end")) {
    MELISAI_TRY(run.after_end, names_from_json(parsed["end"].dump()));
  }
  return {};
}

std::optional<WallTime> time_at(const Statement& row, int column) {
  return row.null(column) ? std::nullopt : std::optional(from_ms(row.integer(column)));
}

const PipelineRun* find(const std::vector<PipelineRun>& runs, const std::string& pipeline) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [&](const PipelineRun& run) { return run.pipeline == pipeline; });
  return found == runs.end() ? nullptr : &*found;
}

// What a blocked run becomes, now that these are the runs of its event.
struct Release {
  State state = State::blocked;
  std::optional<Outcome> outcome;
  std::string reason;
};

/// As far as that one parent decides: queued when it is in nobody's way any more.
Release release_by(const std::string& name, const std::vector<PipelineRun>& runs, bool may_skip) {
  const PipelineRun* const parent = find(runs, name);
  if (parent == nullptr)
    return {State::finished, Outcome::skipped, "'" + name + "' did not run for this event"};
  if (parent->state != State::finished) return {};
  const bool skipped = *parent->outcome == Outcome::skipped;
  if (*parent->outcome == Outcome::passed || (skipped && may_skip))
    return {State::queued, std::nullopt, ""};
  return {State::finished, skipped ? Outcome::skipped : Outcome::cancelled,
          name_of(*parent) + ": " + std::string(to_string(*parent->outcome))};
}

Release release_of(const PipelineRun& run, const std::vector<PipelineRun>& runs) {
  bool waits = false;
  for (const auto& [names, may_skip] :
       {std::pair{&run.after, false}, std::pair{&run.after_good, true}}) {
    for (const std::string& name : *names) {
      const Release release = release_by(name, runs, may_skip);
      if (release.state == State::finished) return release;
      waits |= release.state == State::blocked;
    }
  }
  for (const std::string& name : run.after_end) {
    const PipelineRun* const parent = find(runs, name);
    waits |= parent != nullptr && parent->state != State::finished;
  }
  if (waits) return {};
  return {State::queued, std::nullopt, ""};
}

}  // namespace

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime from_ms(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

std::string short_columns() {
  std::string columns(kRunColumns);
  return columns.replace(columns.find(kConfigurationColumn), kConfigurationColumn.size(), "''");
}

Result<PipelineRun> read_run(const Statement& row) {
  PipelineRun run;
  run.id = row.integer(0);
  run.event = row.integer(1);
  run.project = row.text(2);
  run.pipeline = row.text(3);
  run.number = row.small(4);
  run.ref = row.text(5);
  run.sha = row.text(6);
  MELISAI_TRY(run.after, names_from_json(row.text(7)));
  run.configuration = row.text(8);
  run.exclusive = row.integer(9) != 0;
  run.trusted = row.integer(10) != 0;
  const auto state = word<State>(row.text(11), kStates);
  if (!state) return not_ours("unknown state of run " + std::to_string(run.id));
  run.state = *state;
  if (!row.null(12)) run.outcome = word<Outcome>(row.text(12), kOutcomes);
  if (run.outcome.has_value() != (run.state == State::finished))
    return not_ours("unknown outcome of run " + std::to_string(run.id));
  run.reason = row.text(13);
  run.cancel_requested = row.integer(14) != 0;
  run.not_before = from_ms(row.integer(15));
  run.created_at = from_ms(row.integer(16));
  run.finished_at = time_at(row, 17);
  if (!row.null(18)) run.report = row.integer(18);
  run.attempts = row.small(19);
  run.started_at = time_at(row, 20);
  run.slow = word<PipelineRun::Slow>(row.text(21), kSlow).value_or(PipelineRun::Slow::no);
  MELISAI_CHECK(read_waits(row.text(22), run));
  return run;
}

Result<std::vector<PipelineRun>> read_runs(Statement& query) {
  std::vector<PipelineRun> runs;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return runs;
    MELISAI_TRY(PipelineRun run, read_run(query));
    runs.push_back(std::move(run));
  }
}

Result<PipelineRun> run_with(std::int64_t id, const Database& database) {
  MELISAI_TRY(Statement query, database.prepare("SELECT " + std::string(kRunColumns) +
                                                " FROM runs AS r WHERE r.id = ?1"));
  query.with(id);
  MELISAI_TRY(std::vector<PipelineRun> runs, read_runs(query));
  if (!runs.empty()) return std::move(runs.front());
  MELISAI_TRY(const auto newest, database.number("SELECT max(id) FROM runs"));
  return Error{Errc::not_found,
               "there is no run " + std::to_string(id) +
                   (newest.value_or(0) == 0 ? "; the queue has none yet"
                                            : "; the newest is " + std::to_string(*newest))};
}

Result<Released> release_after(std::int64_t event, const Database& database, WallTime now) {
  Released released;
  MELISAI_TRY(Statement query,
              database.prepare("SELECT " + std::string(kRunColumns) +
                               " FROM runs AS r WHERE r.event = ?1 ORDER BY r.id"));
  query.with(event);
  MELISAI_TRY(std::vector<PipelineRun> runs, read_runs(query));
  for (bool changed = true; changed;) {
    changed = false;
    for (PipelineRun& run : runs) {
      if (run.state != State::blocked) continue;
      const Release release = release_of(run, runs);
      if (release.state == State::blocked) continue;
      run.state = release.state;
      run.outcome = release.outcome;
      run.reason = release.reason;
      if (run.outcome) run.finished_at = now;
      const auto finished =
          run.outcome ? std::optional(std::string(to_string(*run.outcome))) : std::nullopt;
      MELISAI_CHECK(
          database.run("UPDATE runs SET state = ?2, outcome = ?3, reason = ?4, finished_ms = ?5, "
                       "not_before_ms = ?6 WHERE id = ?1 AND state = 'blocked'",
                       run.id, to_string(run.state), finished, run.reason,
                       run.outcome ? std::optional(to_ms(now)) : std::nullopt, to_ms(now)));
      run.not_before = from_ms(to_ms(now));
      released.push_back(run);
      changed = true;
    }
  }
  return released;
}

std::string names_to_json(const std::vector<std::string>& names) {
  return nlohmann::json(names).dump();
}

std::string waits_to_json(const PlannedRun& run) {
  return nlohmann::json{{"good", run.after_good}, {"end", run.after_end}}.dump();
}

std::string params_to_json(const std::map<std::string, std::string>& params) {
  return nlohmann::json(params).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Result<std::map<std::string, std::string>> params_from_json(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return not_ours("params are no object");
  std::map<std::string, std::string> params;
  for (const auto& [name, value] : parsed.items()) {
    if (!value.is_string()) return not_ours("a param is no text");
    params[name] = value.get<std::string>();
  }
  return params;
}

}  // namespace melisai::store
