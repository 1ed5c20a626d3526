#include "core/serve/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/pause.h"
#include "core/report/report.h"
#include "core/serve/control.h"
#include "core/serve/daemon_lock.h"
#include "core/serve/find_run.h"
#include "core/serve/status_text.h"
#include "core/store/queue.h"

namespace melisai::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr Milliseconds kAnswerTimeout{70'000};  // longer than a start or stop of modules
constexpr std::size_t kNamedMax = 5;            // runs in one sentence

Result<Json> request_json(const ControlRequest& request) {
  Json json{{"command", request.command}};
  if (!request.project.empty()) json["project"] = request.project;
  if (request.command == "trigger") {
    json["pipeline"] = request.pipeline;
    json["ref"] = request.ref;
    json["params"] = request.params;
  }
  if (!request.pipeline.empty()) json["pipeline"] = request.pipeline;
  if (request.all) json["all"] = true;
  if (request.command == "restart-module") json["module"] = request.module;
  if (request.command == "approve") {
    json["number"] = request.number;
    json["commit"] = request.commit;
  }
  if (request.command == "cancel") {
    MELISAI_TRY(const store::Queue queue, open_queue(request.state_dir));
    MELISAI_TRY(const PipelineRun run, find_run(request.run, queue));
    json["run"] = run.id;
  }
  return Result<Json>(boost::system::in_place_value, std::move(json));
}

/// What was triggered becomes runs within milliseconds, unless a git server is slow.
constexpr Milliseconds kPlanningPatience{2'000};
constexpr Milliseconds kBetweenLooks{50};
constexpr int kLooksAtRuns = 4;

/// "demo/build#12", and how those ended that ended before they began.
std::string listed(const std::vector<PipelineRun>& runs) {
  std::string text;
  for (const PipelineRun& run : runs) {
    text += (text.empty() ? "" : ", ") + name_of(run);
    if (run.outcome && run.attempts == 0)
      text += " " + std::string(to_string(*run.outcome)) + ": " + run.reason;
  }
  return text;
}

/// What the command prints and how it exits.
struct Said {
  std::string text;
  int code = 0;
};

/// Nothing of it can begin any more.
bool has_failed(const std::vector<PipelineRun>& runs) {
  return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](const PipelineRun& run) {
    return run.attempts == 0 && (run.outcome == PipelineRun::Outcome::failed ||
                                 run.outcome == PipelineRun::Outcome::error);
  });
}

/// What became of an event; without text while it waits. Errors: usage, when it starts nothing.
Result<Said> became(std::int64_t event, const store::Queue& queue) {
  using Kind = store::EventState::Kind;
  MELISAI_TRY(const store::EventState state, queue.event_state(event));
  if (state.kind == Kind::open) return Said{};
  if (state.kind == Kind::rejected)
    return Error{Errc::usage, "nothing starts: " + report::one_line(state.reason)};
  std::vector<PipelineRun> runs;
  // What cannot begin ends a moment after it was planned.
  for (int looks = 0; looks < kLooksAtRuns; ++looks) {
    MELISAI_TRY(runs, queue.runs_of_event(event));
    if (std::any_of(runs.begin(), runs.end(), [](const PipelineRun& run) {
          return run.state == PipelineRun::State::running ||
                 run.state == PipelineRun::State::finished;
        }))
      break;
    pause_for(kBetweenLooks);
  }
  return Said{listed(runs), has_failed(runs) ? 1 : 0};
}

Result<Said> said_of_trigger(const ControlRequest& request, const Json& answer) {
  const Said otherwise{"accepted; `melisai-gate runs` shows what becomes of it\n"};
  if (!answer.contains("event") || !answer["event"].is_number_integer()) return otherwise;
  const Result<store::Queue> queue = open_queue(request.state_dir);
  if (!queue) return otherwise;
  for (Milliseconds waited{0}; waited < kPlanningPatience; waited += kBetweenLooks) {
    const Result<Said> said = became(answer["event"].get<std::int64_t>(), *queue);
    if (!said && said.error().code == Errc::usage) return said.error();
    if (!said) break;
    if (!said->text.empty())
      return Said{"accepted: " + report::one_line(said->text) + "\n", said->code};
    pause_for(kBetweenLooks);
  }
  return otherwise;
}

Result<Said> said(const ControlRequest& request, const Json& answer) {
  if (request.command == "stop") return Said{"the daemon stops\n"};
  if (request.command == "pause") return Said{"paused; what runs may end\n"};
  if (request.command == "resume") return Said{resumed_text(answer.dump())};
  if (request.command == "trigger") return said_of_trigger(request, answer);
  if (request.command == "cancel") return Said{"cancelled\n"};
  if (request.command == "approve")
    return Said{"approved; `melisai-gate runs` shows what it starts\n"};
  return Said{"done\n"};
}

/// What a daemon that is gone has left running.
std::string left_running(const std::string& state_dir) {
  const Result<store::Queue> queue = open_queue(state_dir);
  if (!queue || has_daemon(state_dir)) return "";
  const auto runs = queue->runs(
      {.limit = kNamedMax + 1, .state = PipelineRun::State::running, .configuration = false});
  if (!runs || runs->empty()) return "";
  std::string names;
  for (std::size_t i = 0; i < std::min(runs->size(), kNamedMax); ++i)
    names += (i == 0 ? "" : ", ") + name_of((*runs)[i]);
  if (runs->size() > kNamedMax) names += " and others";
  return names + ": " + std::string(kNoDaemon);
}

/// Whoever asks how things are is told as much as is known without it.
Error no_status(const Error& error, const std::string& state_dir) {
  const std::string left = error.code == Errc::not_found ? left_running(state_dir) : std::string();
  return {error.code, error.message + (left.empty() ? "" : "; " + left)};
}

Result<void> written(bool printed) {
  if (printed) return {};
  return Error{Errc::io, "the result could not be written to standard output"};
}

}  // namespace

Result<int> control(const ControlRequest& request, const Print& print) {
  MELISAI_TRY(const Json asked, request_json(request));
  const Result<std::string> reply =
      ask_daemon(request.state_dir, asked.dump(-1, ' ', false, Json::error_handler_t::replace),
                 kAnswerTimeout);
  if (!reply)
    return request.command == "status" ? no_status(reply.error(), request.state_dir)
                                       : reply.error();
  const std::string& text = *reply;
  const Json answer = Json::parse(text, nullptr, false);
  if (!answer.is_object() || !answer.contains("ok") || !answer["ok"].is_boolean())
    return Error{Errc::io, "the daemon's answer is none; is it another version?"};
  if (!answer["ok"].get<bool>())
    return Error{answer.value("usage", false) ? Errc::usage : Errc::unavailable,
                 answer.value("error", "the daemon refused")};
  if (request.command != "status") {
    MELISAI_TRY(const Said answered, said(request, answer));
    MELISAI_CHECK(written(print(answered.text)));
    return answered.code;
  }
  MELISAI_CHECK(
      written(print(request.json ? answer.dump(2) + "\n" : status_text(text, request.modules))));
  return 0;
}

}  // namespace melisai::serve
