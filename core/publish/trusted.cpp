#include "core/publish/trusted.h"

#include <algorithm>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/publish/app_login.h"
#include "core/publish/step.h"
#include "core/report/report.h"

namespace melisai::publish {
namespace {

constexpr Bytes kReportMax = 32 << 20;
constexpr Bytes kTokenMax = 64 << 10;
constexpr Bytes kKeyMax = 64 << 10;

bool is_fine(const BenchmarkResult& row) {
  return row.decision == Decision::clear || row.decision == Decision::improved;
}

/// Part of what a pass is about, as the gate has it.
bool is_compared(const BenchmarkResult& row) {
  const bool is_of_both_sides =
      row.decision != Decision::added && row.decision != Decision::removed;
  return row.gating ? is_fine(row) || row.acknowledged
                    : row.level == Level::warn && is_of_both_sides;
}

bool denies_a_pass(const BenchmarkResult& row) {
  if (!row.gating || row.acknowledged) return false;
  const bool is_bad = row.decision == Decision::regressed ||
                      row.decision == Decision::inconclusive || row.decision == Decision::failed;
  return is_bad || (is_fine(row) && row.effect_low && *row.effect_low > row.threshold);
}

/// Whoever writes a report can write any numbers, but not a verdict that they deny.
bool contradicts_itself(const Report& report) {
  if (report.verdict != Verdict::pass) return false;
  const bool is_ill =
      report.health.level == Level::fail && report.health.decision == Decision::regressed;
  const bool has_failed = std::any_of(
      report.stages.begin(), report.stages.end(),
      [](const StageResult& stage) { return stage.status == StageResult::Status::failed; });
  if (is_ill || has_failed || report.reason_code != ReasonCode::clear) return true;
  const std::vector<BenchmarkResult>& rows = report.benchmarks;
  return std::none_of(rows.begin(), rows.end(), is_compared) ||
         std::any_of(rows.begin(), rows.end(), denies_a_pass);
}

std::vector<const char*> token_names(forge::Kind kind) {
  switch (kind) {
    case forge::Kind::github: return {"MELISAI_GATE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"};
    case forge::Kind::gitlab: return {"MELISAI_GATE_TOKEN", "GITLAB_TOKEN"};
    case forge::Kind::gitea: return {"MELISAI_GATE_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN"};
  }
  return {};
}

Result<std::string> checked_token(std::string token, const std::string& source) {
  const std::size_t end = token.find_last_not_of(" \t\r\n");
  token.erase(end == std::string::npos ? 0 : end + 1);
  const bool is_word = !token.empty() && std::all_of(token.begin(), token.end(),
                                                     [](char c) { return c > ' ' && c < '\x7f'; });
  if (is_word) return token;
  return Error{Errc::usage, source + " holds no token: it is one word, without spaces"};
}

std::string target_text(const Where& where) {
  const Place& place = where.place;
  std::string text = "commit " + printable(place.sha) + " of " + printable(where.repository);
  for (const std::int64_t number : place.pull_requests) text += ", #" + std::to_string(number);
  if (!place.head.branch.empty())
    text += ", pull requests of " + printable(place.head.owner + ":" + place.head.branch);
  return text;
}

std::string dry_text(const Where& where, const Content& content) {
  return "would publish at " + host_in(where.api) + ": " + target_text(where) + "\n" +
         "check run: " + std::string(report::to_string(content.check.conclusion)) + ", " +
         content.check.title + ", " +
         report::count_of(content.check.annotations.size(), "annotation") + "\n" +
         "commit status: " + content.status_state + ": " + content.status_text + "\n" +
         "comment:\n\n" + content.comment;
}

int exit_code_of(const Outcome& outcome) {
  if (outcome.failed.empty()) return 0;
  const bool is_for_later =
      std::any_of(outcome.failed.begin(), outcome.failed.end(), [](const Error& error) {
        return error.code != Errc::config && error.code != Errc::not_found;
      });
  return is_for_later ? 4 : 2;
}

/// Logs in where that is asked for, and publishes in the time that is left.
Result<Outcome> publish_as(const Request& request, forge::Account& account, const Where& at,
                           const Content& content, const Command& command) {
  MELISAI_TRY(const std::unique_ptr<HttpClient> client, command.open_web());
  const Outside outside{.client = *client, .clock = command.clock, .interrupt = command.interrupt};
  const std::chrono::nanoseconds end = command.clock.monotonic() + request.deadline;
  if (!request.app_id.empty()) {
    MELISAI_TRY(std::string key, read_file(request.app_key_file, kKeyMax));
    const App app{.id = request.app_id, .private_key = std::move(key)};
    MELISAI_TRY(InstallationToken token,
                installation_token(account, app, outside, request.deadline));
    account.token = std::move(token.token);
  }
  const auto left = std::chrono::duration_cast<Milliseconds>(end - command.clock.monotonic());
  return publish(account, at.place, content, outside, left);
}

/// In a step the runner reads along, and what is said holds strangers' words.
Command without_commands(Command command) {
  if (!is_step(command.env)) return command;
  command.print = [print = command.print](std::string_view text) {
    return print(report::without_runner_commands(text));
  };
  command.complain = [complain = command.complain](const std::string& sentence) {
    complain(report::without_runner_commands(sentence));
  };
  return command;
}

}  // namespace

Result<Report> read_artifact(const std::string& directory) {
  const std::string file = directory + "/report.json";
  MELISAI_TRY(const std::string text, read_file(file, kReportMax));
  Result<Report> report = report_from_json(text);
  if (!report) return with_context(report.error(), file);
  if (contradicts_itself(*report))
    return Error{Errc::parse, file + " says pass, and what it holds denies that"};
  return report;
}

Result<void> check_commit(const Report& report, const Where& where) {
  // `ab` and a check that failed early know no commit.
  const std::string& head = report.head.sha;
  const bool is_believed = report.verdict == Verdict::error || !where.is_of_another_run;
  if (head.empty() && !is_believed)
    return Error{Errc::config, "the report of another run names no commit, and says " +
                                   in_quotes(std::string(to_string(report.verdict))) +
                                   "; measure with `melisai-gate check`"};
  if (head.empty() || head == where.place.sha || head == where.merge_sha) return {};
  return Error{Errc::config,
               "the report is about the commit " + in_quotes(head) + ", and this is about " +
                   in_quotes(where.place.sha) +
                   "; measure the head of the pull request, or name its commit with --sha"};
}

Result<std::string> token_of(const Request& request, forge::Kind kind, const EnvLookup& env) {
  if (!request.token_file.empty()) {
    MELISAI_TRY(std::string token, read_file(request.token_file, kTokenMax));
    return checked_token(std::move(token), request.token_file);
  }
  std::string names;
  for (const char* name : token_names(kind)) {
    if (const std::optional<std::string> token = env(name); token && !token->empty())
      return checked_token(*token, name);
    names += std::string(names.empty() ? "" : ", ") + name;
  }
  return Error{Errc::not_found, "there is no token: set one of " + names +
                                    " in the environment, or name a file with --token-file"};
}

namespace {

Result<int> publish_artifact(const Request& request, const Command& with_commands) {
  const Command command = without_commands(with_commands);
  MELISAI_TRY(const Report report, read_artifact(request.from));
  MELISAI_TRY(const Where at, where(request, command.env));
  const report::CommentContext context{.name = request.context,
                                       .details_url = at.details_url,
                                       .is_word_of_strangers = at.is_of_another_run};
  const Content content = content_of(report, context, request.fail_on);
  if (request.dry_run) {
    MELISAI_CHECK(check_commit(report, at));
    command.print(dry_text(at, content));
    return 0;
  }
  Result<void> left;
  if (is_step(command.env))
    left = leave_behind(report, request.from + "/report.json", context, at.is_of_another_run,
                        with_commands);
  if (!left) command.complain(left.error().message);
  MELISAI_CHECK(check_commit(report, at));
  const bool is_app = !request.app_id.empty();
  Result<std::string> token =
      is_app ? Result<std::string>("") : token_of(request, at.kind, command.env);
  if (!token && is_step(command.env) && token.error().code == Errc::not_found) {
    command.print("no token, so neither comment nor check run\n");
    return left ? 0 : 4;
  }
  if (!token) return Error{Errc::usage, token.error().message};
  forge::Account account{.kind = at.kind,
                         .api = at.api,
                         .token = *std::move(token),
                         .repository = at.repository,
                         .ca_file = request.ca_file,
                         .allow_private = request.allow_private};
  MELISAI_TRY(const Outcome outcome, publish_as(request, account, at, content, command));
  for (const std::string& line : outcome.done) command.print(line + "\n");
  for (const Error& error : outcome.failed) command.complain(error.message);
  return std::max(exit_code_of(outcome), left ? 0 : 4);
}

}  // namespace

Result<int> run(const Request& request, const Command& command) {
  Result<int> code = publish_artifact(request, command);
  if (code || !is_step(command.env)) return code;
  Error error = code.error();
  error.message = report::without_runner_commands(error.message);
  return error;
}

}  // namespace melisai::publish
