#include "core/store/body.h"

namespace melisai::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, project, branch, configuration, fingerprint, run, sha, set_at, pinned "
    "FROM baselines ";

Baseline baseline_of(const Statement& row) {
  return {.id = row.integer(0),
          .project = row.text(1),
          .branch = row.text(2),
          .configuration = row.text(3),
          .fingerprint = row.text(4),
          .run = row.integer(5),
          .sha = row.text(6),
          .set_at = row.text(7),
          .pinned = row.integer(8) != 0};
}

/// What a person may make a baseline of.
Result<Baseline> proposed(RunId run, const std::string& branch, const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT r.state, r.trusted, r.head_sha, m.fingerprint, r.project, "
                               "r.configuration, r.head_ref, r.command, r.verdict FROM runs r LEFT "
                               "JOIN machines m ON m.id = r.machine "
                               "WHERE r.id = ?1"));
  MELISAI_TRY(const bool found, query.with(run).step());
  if (!found) return no_run(run, database);
  std::string reason;
  if (query.text(0) != to_string(RunState::finished)) {
    reason = "it is " + query.text(0) + ", not finished";
  } else if (query.text(7) == "import") {
    reason = "it was imported, and nobody measured it here";
  } else if (query.text(7) != "check") {
    reason = "it compared two commands, no commits";
  } else if (query.text(8) == "error") {
    reason = "it could not be measured";
  } else if (query.integer(1) == 0) {
    reason = "it was not trusted (of a fork, say), and others will be compared with it";
  } else if (query.text(2).empty()) {
    reason = "its head is no commit that could be built again";
  } else if (query.text(6) == "WORKTREE") {
    reason = "it measured a work tree, which no commit holds";
  } else if (query.text(3).empty()) {
    reason = "it does not know its machine";
  } else if (branch.empty()) {
    reason = "a baseline belongs to a branch, and none is named";
  }
  if (!reason.empty())
    return Error{Errc::usage, "run " + std::to_string(run) + " cannot be a baseline: " + reason +
                                  "; choose another (`melisai-gate runs` lists them)"};
  Baseline baseline;
  baseline.project = query.text(4);
  baseline.branch = branch;
  baseline.configuration = query.text(5);
  baseline.fingerprint = query.text(3);
  baseline.run = run;
  baseline.sha = query.text(2);
  baseline.pinned = true;
  return baseline;
}

}  // namespace

Result<Baseline> Store::set_baseline(RunId run, const std::string& branch, const std::string& now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(Baseline baseline, proposed(run, branch, database));
  baseline.set_at = now;
  MELISAI_TRY(
      const auto id,
      database.number("INSERT INTO baselines (project, branch, configuration, fingerprint, run, "
                      "sha, set_at, pinned) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) "
                      "ON CONFLICT (project, branch, configuration, fingerprint) "
                      "DO UPDATE SET run = excluded.run, sha = excluded.sha, "
                      "set_at = excluded.set_at, pinned = 1 RETURNING id",
                      baseline.project, baseline.branch, baseline.configuration,
                      baseline.fingerprint, run, baseline.sha, now));
  MELISAI_ASSERT(id.has_value());
  baseline.id = *id;
  MELISAI_CHECK(transaction.commit());
  return baseline;
}

Result<void> Store::remove_baseline(std::int64_t id) {
  return remove_numbered({.table = "baselines", .noun = "baseline"}, id, body_->to_write());
}

Result<std::vector<Baseline>> Store::baselines(const std::string& project) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(std::string(kSelect) + "WHERE ?1 = '' OR project = ?1 "
                                                             "ORDER BY project, branch, id"));
  query.with(project);
  std::vector<Baseline> out;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return out;
    out.push_back(baseline_of(query));
  }
}

Result<std::optional<Baseline>> Store::baseline(const BaselineKey& key) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(std::string(kSelect) +
                                      "WHERE project = ?1 AND branch = ?2 AND configuration = ?3 "
                                      "AND fingerprint = ?4"));
  query.with(key.project, key.branch, key.configuration, key.fingerprint);
  MELISAI_TRY(const bool found, query.step());
  return found ? std::optional(baseline_of(query)) : std::nullopt;
}

}  // namespace melisai::store
