// Buttons of check runs. Who presses one is not believed to be allowed to: the forge is asked,
// later and elsewhere. Everything else that is not as it must be is ignored.
#include <charconv>

#include "core/api/buttons.h"
#include "core/api/hooks.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using Action = store::Approval::Action;

constexpr std::string_view kIdStart = "melisai-gate-";
constexpr std::string_view kApprovalStart = "melisai-gate-approve-";

HookAnswer ignored(const std::string& why) { return {.ignored = why}; }

std::optional<Action> action_of(std::string_view button) {
  if (button.empty() || button == kMeasureAgain) return Action::measure;
  return button == kAccept ? std::optional(Action::accept) : std::nullopt;
}

std::string id_of(std::string_view start, std::int64_t of, std::int64_t publication) {
  return std::string(start) + std::to_string(of) + "-" + std::to_string(publication);
}

std::optional<std::int64_t> number_in(std::string_view id, std::string_view start) {
  if (!id.starts_with(start)) return std::nullopt;
  id.remove_prefix(start.size());
  const std::size_t end = id.find('-');
  if (end == std::string_view::npos || end + 1 == id.size() ||
      id.find_first_not_of("0123456789", end + 1) != std::string_view::npos)
    return std::nullopt;
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(id.data(), id.data() + end, number);
  if (error != std::errc{} || stop != id.data() + end || number <= 0) return std::nullopt;
  return number;
}

/// The check run is at one head, so that who presses names it. GitHub's own button is for another
/// check run, and there is nothing to check again.
Result<HookAnswer> handle_approval(const trigger::CheckRunPressed& pressed, std::int64_t number,
                                   const SignedEvent& event, const HookContext& context) {
  if (pressed.button != kApprove)
    return ignored("of what waits for approval no button is called " + in_quotes(pressed.button));
  return ask_for_head(
      {.user = pressed.sender,
       .via = "button",
       .asked = {.sha = pressed.sha, .names_it = true, .received_at = context.clock.now()}},
      number, event, context);
}

}  // namespace

std::string check_run_id(std::int64_t run, std::int64_t publication) {
  return id_of(kIdStart, run, publication);
}

std::optional<std::int64_t> run_of_check_run(std::string_view id) {
  return number_in(id, kIdStart);
}

std::string approval_id(std::int64_t number, std::int64_t publication) {
  return id_of(kApprovalStart, number, publication);
}

std::optional<std::int64_t> number_of_approval(std::string_view id) {
  return number_in(id, kApprovalStart);
}

Result<HookAnswer> handle_button(const trigger::CheckRunPressed& pressed, const SignedEvent& event,
                                 const HookContext& context) {
  if (const auto number = number_of_approval(pressed.external_id))
    return handle_approval(pressed, *number, event, context);
  const std::optional<Action> action = action_of(pressed.button);
  if (!action) return ignored("no button here is called " + in_quotes(pressed.button));
  const std::optional<std::int64_t> id = run_of_check_run(pressed.external_id);
  if (!id) return ignored("the check run is none of this daemon");
  const Result<PipelineRun> run = context.queue.run(*id);
  if (!run && run.error().code != Errc::not_found) return run.error();
  if (!run || run->project != event.project.name || run->sha != pressed.sha)
    return ignored("the check run is of no run that is known here");
  if (!run->outcome) return ignored(name_of(*run) + " has not ended");
  store::ApprovalRequest request;
  request.approval = {.action = *action,
                      .project = run->project,
                      .number = 0,
                      .sha = run->sha,
                      .by = "",
                      .run = run->id};
  request.via = "button";
  return ask_forge(std::move(request), pressed.sender, event, context);
}

}  // namespace melisai::api
