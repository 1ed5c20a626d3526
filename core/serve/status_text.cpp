#include "core/serve/status_text.h"

#include <nlohmann/json.hpp>

#include "core/base/units.h"
#include "core/report/report.h"

namespace melisai::serve {
namespace {

using Json = nlohmann::json;
using report::one_line;
using report::Table;

std::string text_at(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

std::string number_at(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number_integer() ? json[key].dump() : "?";
}

bool flag_at(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_boolean() && json[key].get<bool>();
}

std::string duration_at(const Json& json, const char* key) {
  constexpr double kSecondsMax = 1e9;  // what is longer is no duration of a daemon's
  if (!json.contains(key) || !json[key].is_number()) return "";
  const double seconds = json[key].get<double>();
  if (seconds > kSecondsMax) return "";
  if (seconds < 1) return "less than a second";
  return format_duration(Milliseconds(static_cast<std::int64_t>(seconds) * 1000));
}

const Json& list_at(const Json& json, const char* key) {
  static const Json nothing = Json::array();
  return json.contains(key) && json[key].is_array() ? json[key] : nothing;
}

/// Why it is not over, or how it ended.
std::string reason_of(const Json& run) {
  const std::string waits_for = text_at(run, "waits_for");
  const std::string reason = text_at(run, "reason");
  if (waits_for.empty()) return reason;
  return "waits for " + waits_for + (reason.empty() ? "" : "; " + reason);
}

std::string runs_table(const Json& runs) {
  Table table({{"run", 40}, {"commit"}, {"ref", 32}, {"state"}, {"slow"}, {"reason", 100}});
  for (const Json& run : runs)
    table.add({text_at(run, "run"), text_at(run, "commit").substr(0, 10), text_at(run, "ref"),
               text_at(run, "outcome").empty() ? text_at(run, "state") : text_at(run, "outcome"),
               text_at(run, "slow"), reason_of(run)});
  return table.text();
}

std::string modules_table(const Json& modules) {
  Table table({{"module"}, {"state"}, {"health"}, {"needed"}, {"last error", 60}});
  for (const Json& module : modules)
    table.add({text_at(module, "id"), text_at(module, "state"), text_at(module, "health"),
               flag_at(module, "required") ? "yes" : "no", text_at(module, "last_error")});
  return table.text();
}

std::string projects_text(const Json& projects) {
  std::string text;
  for (const Json& project : projects) {
    const std::string last = duration_at(project, "last_good_poll_seconds");
    const std::string problem = text_at(project, "problem");
    text += "  " + one_line(text_at(project, "project")) + ": " +
            (last.empty() ? "not polled yet" : "polled " + last + " ago") +
            (problem.empty() ? "" : "; " + one_line(problem)) + "\n";
  }
  return text;
}

std::string paused_line(const Json& paused) {
  const std::string pipeline = one_line(text_at(paused, "pipeline"));
  const std::string project = one_line(text_at(paused, "project"));
  return project + "/" + pipeline + " is paused (" + one_line(text_at(paused, "reason")) +
         "): it starts nothing until `melisai-gate resume " + pipeline + " --project " + project +
         "`\n";
}

std::string pauses_text(const Json& json) {
  std::string text;
  if (flag_at(json, "paused"))
    text += "paused (" + one_line(text_at(json, "pause_reason")) +
            "): nothing starts until `melisai-gate resume`\n";
  for (const Json& paused : list_at(json, "paused_pipelines")) text += paused_line(paused);
  return text;
}

std::string proposal_line(const Json& proposal) {
  const std::string number = number_at(proposal, "number");
  const std::string project = one_line(text_at(proposal, "project"));
  const std::string author = one_line(text_at(proposal, "author"));
  return "waiting for approval: " + project + ", pull request " + number +
         (author.empty() ? "" : " by " + author) + ": `melisai-gate approve " + project + " " +
         number + " " + one_line(text_at(proposal, "commit")) + "`\n";
}

std::string waiting_line(const Json& event) {
  const std::string reason = text_at(event, "reason");
  return "waiting to be planned: " + one_line(text_at(event, "project")) + ", " +
         one_line(text_at(event, "cause")) + (reason.empty() ? "" : ": " + one_line(reason)) + "\n";
}

std::string proposals_text(const Json& status) {
  const Json shown = list_at(status, "waiting_for_approval");
  std::string text;
  for (const Json& proposal : shown) text += proposal_line(proposal);
  const auto all = status.value("approvals_waiting", Json());
  if (!all.is_number_integer() || all.get<std::int64_t>() <= std::ssize(shown)) return text;
  return text + "waiting for approval: " + all.dump() + " pull requests in all\n";
}

std::string notices_line(const Json& notices) {
  const std::string problem = text_at(notices, "problem");
  if (problem.empty()) return "";
  return "notices: " + number_at(notices, "waiting") + " waiting, " +
         number_at(notices, "given_up") + " given up; " + one_line(problem) + "\n";
}

std::string engine_line(const Json& engine) {
  const std::string run = text_at(engine, "run");
  const std::string time = duration_at(engine, "seconds");
  return "  " + number_at(engine, "engine") + ": " + text_at(engine, "state") +
         (run.empty() ? "" : " " + one_line(run)) + (time.empty() ? "" : " for " + time) + "\n";
}

std::string triggers_table(const Json& triggers) {
  Table table({{"trigger"}, {"state"}, {"starts"}, {"runs"}, {"refused"}, {"last problem", 60}});
  for (const Json& trigger : triggers)
    table.add({text_at(trigger, "trigger"), text_at(trigger, "state"), number_at(trigger, "starts"),
               number_at(trigger, "accepted"), number_at(trigger, "refused"),
               text_at(trigger, "problem")});
  return table.text();
}

}  // namespace

std::string resumed_text(const std::string& answer) {
  const std::string left = pauses_text(Json::parse(answer, nullptr, false));
  return "resumed\n" + left;
}

std::string status_text(const std::string& answer, bool modules) {
  const Json json = Json::parse(answer, nullptr, false);
  if (!json.is_object()) return "the daemon's answer cannot be read\n";
  std::string text = "melisai-gate serve: " + text_at(json, "status") + ", pid " +
                     number_at(json, "pid") + ", up " + duration_at(json, "uptime_seconds") + "\n";
  for (const Json& problem : list_at(json, "problems"))
    if (problem.is_string()) text += "  " + one_line(problem.get<std::string>()) + "\n";
  if (!text_at(json, "http").empty())
    text += "listening at " + one_line(text_at(json, "http")) + "\n";
  text += pauses_text(json);
  text += notices_line(json.contains("notices") ? json["notices"] : Json());
  text += "\nprojects\n" + projects_text(list_at(json, "projects"));
  text += "\nengines\n";
  for (const Json& engine : list_at(json, "engines")) text += engine_line(engine);
  for (const Json& event : list_at(json, "waiting_events")) text += waiting_line(event);
  text += proposals_text(json);
  for (const Json& event : list_at(json, "given_up_events"))
    text += one_line(text_at(event, "project")) + ", " + one_line(text_at(event, "cause")) + ": " +
            one_line(text_at(event, "reason")) + "\n";
  if (modules) text += "\n" + modules_table(list_at(json, "modules"));
  if (modules && !list_at(json, "triggers").empty())
    text += "\n" + triggers_table(list_at(json, "triggers"));
  if (!list_at(json, "open").empty())
    text += "\nnot finished\n" + runs_table(list_at(json, "open"));
  if (!list_at(json, "recent").empty()) text += "\nnewest\n" + runs_table(list_at(json, "recent"));
  return text;
}

}  // namespace melisai::serve
