#include <algorithm>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

constexpr std::string_view kColumns =
    "run, number, directory, boot_id, pid, start_time, cgroup, started_ms, ended_ms, outcome, "
    "reason";

std::optional<PipelineRun::Outcome> outcome_of(std::string_view word) {
  using Outcome = PipelineRun::Outcome;
  for (const Outcome candidate :
       {Outcome::passed, Outcome::failed, Outcome::regression, Outcome::inconclusive,
        Outcome::error, Outcome::cancelled, Outcome::superseded, Outcome::skipped})
    if (to_string(candidate) == word) return candidate;
  return std::nullopt;
}

Result<std::vector<Attempt>> read_attempts(Statement& query) {
  std::vector<Attempt> attempts;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return attempts;
    Attempt attempt;
    attempt.run = query.integer(0);
    attempt.number = query.small(1);
    attempt.directory = query.text(2);
    attempt.boot_id = query.text(3);
    attempt.pid = query.integer(4);
    attempt.start_time = query.integer(5);
    attempt.cgroup = query.text(6);
    attempt.started_at = from_ms(query.integer(7));
    if (!query.null(8)) attempt.ended_at = from_ms(query.integer(8));
    if (!query.null(9)) attempt.outcome = outcome_of(query.text(9));
    attempt.reason = query.text(10);
    attempts.push_back(std::move(attempt));
  }
}

}  // namespace

Result<std::vector<Attempt>> Queue::attempts(std::int64_t run) const {
  MELISAI_TRY(Statement query, body_->database.prepare("SELECT " + std::string(kColumns) +
                                                       " FROM attempts WHERE run = ?1 "
                                                       "ORDER BY number"));
  query.with(run);
  return read_attempts(query);
}

Result<std::vector<Attempt>> Queue::open_attempts() const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT " + std::string(kColumns) +
                                      " FROM attempts WHERE ended_ms IS NULL ORDER BY run"));
  return read_attempts(query);
}

}  // namespace melisai::store
