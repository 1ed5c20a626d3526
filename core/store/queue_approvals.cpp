#include <algorithm>
#include <array>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Action = Approval::Action;

constexpr std::size_t kShownDigits = 12;

constexpr std::array kActions{
    std::pair{Action::approve, "approve"}, std::pair{Action::retry, "retry"},
    std::pair{Action::measure, "measure"}, std::pair{Action::accept, "accept"}};

std::string_view to_word(Action action) {
  return std::find_if(kActions.begin(), kActions.end(),
                      [&](const auto& each) { return each.first == action; })
      ->second;
}

Action action_of(std::string_view word) {
  const auto* const found = std::find_if(kActions.begin(), kActions.end(),
                                         [&](const auto& each) { return each.second == word; });
  return found == kActions.end() ? Action::approve : found->first;
}

/// Why that approval lets nothing run; "" when it may.
Result<void> check_head(const Approval& approval, const std::optional<PullRequest>& known) {
  const std::string name =
      "pull request " + std::to_string(approval.number) + " of " + approval.project;
  if (!known)
    return Error{Errc::not_found,
                 name + " is not known: its forge told of none that this project runs"};
  if (!known->open) return Error{Errc::usage, name + " is closed"};
  if (known->sha != approval.sha)
    return Error{Errc::usage, "the head of " + name + " is " + known->sha + " now, not " +
                                  approval.sha.substr(0, kShownDigits) + "; look at that one"};
  return {};
}

RunEvent again(const PullRequest& known, const Approval& approval, WallTime now) {
  RunEvent event;
  event.kind = RunEvent::Kind::pull_request;
  event.project = known.project;
  event.ref = known.ref;
  event.sha = known.sha;
  event.trusted = known.trusted;
  event.received_at = now;
  event.proposal = Proposal{.number = known.number,
                            .base = known.base,
                            .author = known.author,
                            .approved_by = approval.by};
  event.cause = name_of(*event.proposal) + " again, by " + approval.by;
  return event;
}

/// Inside a transaction.
Result<Approved> let_run(const Approval& approval, const NoticeRules& rules,
                         const Database& database, WallTime now) {
  MELISAI_ASSERT(!approval.by.empty());
  MELISAI_TRY(const std::optional<PullRequest> known,
              find_pull_request(approval.project, approval.number, database));
  MELISAI_CHECK(check_head(approval, known));
  if (known->waits) {
    MELISAI_CHECK(database.run(
        "UPDATE events SET held = 0, approved_by = ?2, reason = '', not_before_ms = ?3, "
        "received_ms = max(received_ms, ?3), cause = cause || ', approved by ' || ?2 "
        "WHERE id = ?1",
        known->event, approval.by, to_ms(now)));
    MELISAI_CHECK(withdraw_settled(database));
    RunEvent approved = again(*known, approval, now);
    approved.id = known->event;
    MELISAI_CHECK(tell_approved(approved, rules, database, now));
    return Approved{.event = known->event};
  }
  if (approval.action == Action::approve && (known->trusted || !known->approved_by.empty()))
    return Approved{.event = known->event, .already = true};
  RunEvent event = again(*known, approval, now);
  MELISAI_TRY(event.id, insert_event(event, database));
  MELISAI_CHECK(take_head(event, database));
  // It had waited until nobody approved it in time.
  if (known->approved_by.empty()) MELISAI_CHECK(tell_approved(event, rules, database, now));
  return Approved{.event = event.id};
}

/// Whether what was decided over that run still concerns anybody. A pull request may have moved on.
Result<void> check_run(const Approval& approval, const PipelineRun& run, const RunEvent& event,
                       const Database& database) {
  if (run.project != approval.project || run.sha != approval.sha || !run.outcome ||
      is_follow_up(run))
    return Error{Errc::usage, name_of(run) + " is no ended run of that commit"};
  if (!event.proposal) return {};
  MELISAI_TRY(const std::optional<PullRequest> known,
              find_pull_request(run.project, event.proposal->number, database));
  Approval of_head = approval;
  of_head.number = event.proposal->number;
  return check_head(of_head, known);
}

Result<Approved> measure_again(const Approval& approval, const PipelineRun& run,
                               const RunEvent& before, const Database& database, WallTime now) {
  MELISAI_TRY(
      const auto waiting,
      database.number("SELECT 1 FROM runs WHERE project = ?1 AND pipeline = ?2 AND ref = ?3 AND "
                      "sha = ?4 AND state <> 'finished' UNION ALL SELECT 1 FROM events AS e JOIN "
                      "runs AS r ON r.id = e.again_of WHERE e.state = 'open' AND r.project = ?1 "
                      "AND r.pipeline = ?2 AND r.ref = ?3 AND r.sha = ?4 LIMIT 1",
                      run.project, run.pipeline, run.ref, run.sha));
  if (waiting) return Error{Errc::usage, name_of(run) + " is being measured again already"};
  RunEvent event = run_again(run, before, approval.by);
  event.received_at = now;
  MELISAI_TRY(event.id, insert_event(event, database));
  return Approved{.event = event.id};
}

/// Whoever publishes its report records that first.
Result<Approved> tell_accepted(const Approval& approval, const PipelineRun& run,
                               const NoticeRules& rules, const Database& database, WallTime now) {
  const auto sink = rules.reports.find(run.project);
  if (!run.report || sink == rules.reports.end())
    return Error{Errc::usage, "no report of " + name_of(run) + " is published"};
  NoticeRules of_reports = rules;
  of_reports.sinks = {sink->second};
  MELISAI_CHECK(add_notice({.run = run.id,
                            .event = Notice::Event::accepted,
                            .reason = "accepted by " + approval.by + ", of " + name_of(run)},
                           of_reports, database, now));
  return Approved{};
}

ApprovalRequest read_request(const Statement& row) {
  ApprovalRequest request;
  request.id = row.integer(0);
  request.approval.action = action_of(row.text(1));
  request.approval.project = row.text(2);
  request.approval.number = row.integer(3);
  request.approval.sha = row.text(4);
  request.user_id = row.integer(5);
  request.login = row.text(6);
  request.via = row.text(7);
  request.once = row.null(8) ? "" : row.text(8);
  request.tries = row.small(9);
  request.not_before = from_ms(row.integer(10));
  request.asked_at = from_ms(row.integer(11));
  request.approval.run = row.integer(12);
  request.approval.by = request.via + " of " + request.login;
  return request;
}

Result<bool> settle(const ApprovalRequest& request, std::string_view state,
                    const std::string& reason, const Database& database) {
  MELISAI_CHECK(database.run(
      "UPDATE approvals SET state = ?2, reason = ?3 WHERE id = ?1 AND state = 'waiting'",
      request.id, state, reason));
  return database.changes() == 1;
}

}  // namespace

Result<Approved> Queue::grant(const Approval& approval, WallTime now) {
  const Database& database = body_->to_write();
  if (approval.run == 0) return let_run(approval, body_->rules, database, now);
  MELISAI_TRY(const PipelineRun run, run_with(approval.run, database));
  MELISAI_TRY(const RunEvent before, event(run.event));
  MELISAI_CHECK(check_run(approval, run, before, database));
  return approval.action == Action::accept
             ? tell_accepted(approval, run, body_->rules, database, now)
             : measure_again(approval, run, before, database, now);
}

Result<Approved> Queue::approve(const Approval& approval, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const Approved approved, let_run(approval, body_->rules, database, now));
  MELISAI_CHECK(transaction.commit());
  return approved;
}

Result<bool> Queue::ask_approval(const ApprovalRequest& request) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  const std::optional<std::string> once =
      request.once.empty() ? std::nullopt : std::optional(request.once);
  const Approval& wanted = request.approval;
  MELISAI_CHECK(database.run(
      "INSERT INTO approvals (state, action, project, number, sha, user_id, login, "
      "via, once, not_before_ms, asked_ms, run) VALUES ('waiting', ?1, ?2, ?3, ?4, ?5, "
      "?6, ?7, ?8, ?9, ?9, ?10) ON CONFLICT (once) DO NOTHING",
      to_word(wanted.action), wanted.project, wanted.number, wanted.sha, request.user_id,
      request.login, request.via, once, to_ms(request.asked_at), wanted.run));
  const bool news = database.changes() == 1;
  MELISAI_CHECK(transaction.commit());
  return news;
}

Result<std::vector<ApprovalRequest>> Queue::asked_approvals() const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare(
          "SELECT id, action, project, number, sha, user_id, login, via, once, tries, "
          "not_before_ms, asked_ms, run FROM approvals WHERE state = 'waiting' ORDER BY id"));
  std::vector<ApprovalRequest> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    all.push_back(read_request(query));
  }
}

Result<std::optional<ApprovalOutcome>> Queue::end_approval(const ApprovalRequest& request,
                                                           const ApprovalEnd& end, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  ApprovalOutcome outcome{.event = 0, .refused = end.reason};
  if (end.again) {
    outcome.refused.clear();
    MELISAI_CHECK(
        database.run("UPDATE approvals SET tries = tries + 1, reason = ?2, not_before_ms = ?3 "
                     "WHERE id = ?1 AND state = 'waiting'",
                     request.id, end.reason, to_ms(*end.again)));
    if (database.changes() == 0) return std::optional<ApprovalOutcome>();
    MELISAI_CHECK(transaction.commit());
    return std::optional(outcome);
  }
  MELISAI_TRY(const bool ours,
              settle(request, end.may_write ? "granted" : "refused", end.reason, database));
  if (!ours) return std::optional<ApprovalOutcome>();
  if (end.may_write) {
    const Result<Approved> approved = grant(request.approval, now);
    const bool is_late = !approved && (approved.error().code == Errc::usage ||
                                       approved.error().code == Errc::not_found);
    if (!approved && !is_late) return approved.error();
    outcome.granted = approved.has_value();
    outcome.event = approved ? approved->event : 0;
    outcome.refused = approved ? "" : approved.error().message;
    if (is_late)
      MELISAI_CHECK(
          database.run("UPDATE approvals SET state = 'refused', reason = ?2 WHERE id = ?1",
                       request.id, outcome.refused));
  }
  MELISAI_CHECK(transaction.commit());
  return std::optional(outcome);
}

}  // namespace melisai::store
