#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <limits>

#include "core/store/body.h"
#include "core/store/logs.h"

namespace melisai::store {
namespace {

constexpr std::array kRunStates{RunState::running, RunState::finished, RunState::abandoned};
constexpr std::array kVerdicts{Verdict::pass, Verdict::regression, Verdict::inconclusive,
                               Verdict::error};
constexpr std::array kStatuses{StageResult::Status::passed, StageResult::Status::failed,
                               StageResult::Status::cached, StageResult::Status::skipped};
constexpr std::array kBetters{Better::lower, Better::higher, Better::unknown};

/// The one of `all` that to_string() calls `word`. Errors: io; somebody else wrote it.
template <class Enum, std::size_t N>
Result<Enum> from_word(const std::array<Enum, N>& all, const std::string& word,
                       const Database& database) {
  for (const Enum value : all)
    if (to_string(value) == word) return value;
  return damaged(database.path(), "it holds a word that no melisai-gate writes");
}

constexpr std::string_view kSelectSummary =
    "SELECT r.id, r.state, r.command, r.project, r.directory, r.started_at, r.branch, r.base_sha, "
    "r.base_ref, r.head_sha, r.head_ref, r.verdict, r.reason, "
    "(SELECT count(*) FROM pairs WHERE pairs.run = r.id), r.seconds, m.fingerprint, r.trusted, "
    "r.pid, r.configuration, r.output_dir, r.machine, m.cpu_model, m.cpus, m.kernel, "
    "m.memory_bytes, m.virtualisation, m.governor "
    "FROM runs r LEFT JOIN machines m ON m.id = r.machine ";
constexpr int kColumnsOfSummary = 18;

bool is_gone(int pid) { return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH; }

Result<RunSummary> summary_of(const Statement& row, const Database& database) {
  RunSummary out;
  int column = 0;
  out.id = row.integer(column++);
  MELISAI_TRY(out.state, from_word(kRunStates, row.text(column++), database));
  out.command = row.text(column++);
  out.project = row.text(column++);
  out.directory = row.text(column++);
  out.started_at = row.text(column++);
  out.branch = row.text(column++);
  for (CommitInfo* commit : {&out.base, &out.head}) {
    commit->sha = row.text(column++);
    commit->ref = row.text(column++);
  }
  if (!row.null(column)) {
    MELISAI_TRY(out.verdict, from_word(kVerdicts, row.text(column), database));
  }
  ++column;
  out.reason = row.text(column++);
  out.pairs = row.small(column++);
  out.seconds = row.real(column++);
  out.fingerprint = row.text(column++);
  out.trusted = row.integer(column++) != 0;
  // The next writer will record it; until then a reader can see as much.
  if (const int pid = row.small(column++); out.state == RunState::running && is_gone(pid)) {
    out.state = RunState::abandoned;
    out.reason = kKilled;
  }
  MELISAI_ASSERT(column == kColumnsOfSummary);
  return out;
}

void read_rest(const Statement& row, Run& out) {
  int column = kColumnsOfSummary;
  out.configuration = row.text(column++);
  out.output_dir = row.text(column++);
  if (row.null(column++)) return;
  Machine& machine = out.machine.emplace();
  machine.fingerprint = out.summary.fingerprint;
  machine.cpu_model = row.text(column++);
  machine.cpus = row.small(column++);
  machine.kernel = row.text(column++);
  machine.memory_bytes = row.integer(column++);
  machine.virtualisation = row.text(column++);
  machine.governor = row.text(column++);
}

Result<std::optional<Report>> report_of(RunId run, const Database& database) {
  MELISAI_TRY(Statement query, database.prepare("SELECT json FROM reports WHERE run = ?1"));
  MELISAI_TRY(const bool found, query.with(run).step());
  if (!found) return std::optional<Report>();
  auto report = report_from_json(query.text(0));
  if (report) return std::optional(*std::move(report));
  return with_context(std::move(report).error(), database.path() + ", run " + std::to_string(run));
}

Result<std::vector<StoredStage>> stages_of(RunId run, const Database& database,
                                           const std::string& state_dir) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT number, name, side, command, status, seconds, message, log, "
                               "log_tail, log_kept FROM stages WHERE run = ?1 ORDER BY number"));
  query.with(run);
  std::vector<StoredStage> stages;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return stages;
    StoredStage& stage = stages.emplace_back();
    stage.result.name = query.text(1);
    stage.result.side = query.text(2);
    stage.result.command = query.text(3);
    MELISAI_TRY(stage.result.status, from_word(kStatuses, query.text(4), database));
    stage.result.seconds = query.real(5);
    stage.result.message = query.text(6);
    stage.result.log = query.text(7);
    stage.result.log_tail = query.text(8);
    if (query.integer(9) != 0)
      stage.log_file = log_path(state_dir, {.run = run, .number = query.integer(0)});
  }
}

Result<StoredPair> pair_of(const Statement& row, const Database& database) {
  StoredPair out;
  out.id = {.benchmark = row.text(0), .metric = row.text(1)};
  out.metric.name = out.id.metric;
  out.metric.unit = row.text(2);
  MELISAI_TRY(out.metric.better, from_word(kBetters, row.text(3), database));
  out.metric.tier = static_cast<Tier>(std::clamp(row.small(4), 1, 4));
  out.index = row.small(5);
  out.base = row.real(6);
  out.head = row.real(7);
  out.base_first = row.integer(8) != 0;
  out.cpu = row.small(9);
  out.disturbed = row.text(10);
  if (std::isfinite(out.base) && std::isfinite(out.head)) return out;
  return damaged(database.path(), "it holds a number that no melisai-gate writes");
}

Result<std::optional<RunId>> newest_of(const Database& database) {
  return database.number("SELECT id FROM runs ORDER BY id DESC LIMIT 1");
}

Error no_runs() {
  return {Errc::not_found, "there are no runs yet; `melisai-gate check` makes one"};
}

}  // namespace

Error no_run(RunId id, const Database& database) {
  const auto newest = newest_of(database);
  if (!newest) return newest.error();
  if (!newest->has_value()) return no_runs();
  return {Errc::not_found, "there is no run " + std::to_string(id) + "; the newest is " +
                               std::to_string(**newest) + " (`melisai-gate runs` lists them)"};
}

Result<std::vector<RunSummary>> Store::runs(const RunFilter& filter) const {
  constexpr auto kMax = static_cast<std::size_t>(std::numeric_limits<int>::max());
  const Database& database = body_->database;
  MELISAI_TRY(Statement query,
              database.prepare(std::string(kSelectSummary) + "WHERE ?1 = '' OR r.project = ?1 "
                                                             "ORDER BY r.id DESC LIMIT ?2"));
  query.with(filter.project, std::min(filter.limit, kMax));
  std::vector<RunSummary> out;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return out;
    MELISAI_TRY(RunSummary summary, summary_of(query, database));
    out.push_back(std::move(summary));
  }
}

Result<Run> Store::run(RunId id) const {
  const Database& database = body_->database;
  MELISAI_TRY(const Transaction snapshot, Transaction::read(database));
  MELISAI_TRY(Statement query, database.prepare(std::string(kSelectSummary) + "WHERE r.id = ?1"));
  MELISAI_TRY(const bool found, query.with(id).step());
  if (!found) return no_run(id, database);
  Run out;
  MELISAI_TRY(out.summary, summary_of(query, database));
  read_rest(query, out);
  MELISAI_TRY(out.report, report_of(id, database));
  MELISAI_TRY(out.stages, stages_of(id, database, body_->state_dir));
  return out;
}

Result<RunId> Store::newest_run() const {
  MELISAI_TRY(const auto newest, newest_of(body_->database));
  if (!newest) return no_runs();
  return *newest;
}

Result<void> Store::for_each_pair(
    RunId id, const std::function<Result<void>(const StoredPair&)>& each) const {
  const Database& database = body_->database;
  MELISAI_TRY(const auto found, database.number("SELECT 1 FROM runs WHERE id = ?1", id));
  if (!found) return no_run(id, database);
  MELISAI_TRY(Statement query,
              database.prepare("SELECT s.benchmark, s.metric, s.unit, s.better, s.tier, p.number, "
                               "x.base, x.head, p.base_first, p.cpu, p.disturbed "
                               "FROM pairs p CROSS JOIN samples x ON x.pair = p.id "
                               "CROSS JOIN series s ON s.id = x.series "
                               "WHERE p.run = ?1 ORDER BY p.id, x.series"));
  query.with(id);
  while (true) {
    MELISAI_TRY(const bool more, query.step());
    if (!more) return {};
    MELISAI_TRY(const StoredPair pair, pair_of(query, database));
    MELISAI_CHECK(each(pair));
  }
}

}  // namespace melisai::store
