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

HookAnswer ignored(const std::string& why) { return {.ignored = why}; }

std::optional<Action> action_of(std::string_view button) {
  if (button.empty() || button == kMeasureAgain) return Action::measure;
  return button == kAccept ? std::optional(Action::accept) : std::nullopt;
}

}  // namespace

std::string check_run_id(std::int64_t run, std::int64_t publication) {
  return std::string(kIdStart) + std::to_string(run) + "-" + std::to_string(publication);
}

std::optional<std::int64_t> run_of_check_run(std::string_view id) {
  if (!id.starts_with(kIdStart)) return std::nullopt;
  id.remove_prefix(kIdStart.size());
  const std::size_t end = id.find('-');
  if (end == std::string_view::npos || end + 1 == id.size() ||
      id.find_first_not_of("0123456789", end + 1) != std::string_view::npos)
    return std::nullopt;
  std::int64_t run = 0;
  const auto [stop, error] = std::from_chars(id.data(), id.data() + end, run);
  if (error != std::errc{} || stop != id.data() + end || run <= 0) return std::nullopt;
  return run;
}

Result<HookAnswer> handle_button(const trigger::CheckRunPressed& pressed, const SignedEvent& event,
                                 const HookContext& context) {
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
