#include "core/host/mcp_tools.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/host/anomaly_texts.h"
#include "core/host/mcp_arguments.h"
#include "core/host/mcp_json.h"

namespace melisai::host {
namespace {

using nlohmann::json;
using Json = nlohmann::ordered_json;
using std::chrono::seconds;

// From the call to the answer.
constexpr Milliseconds kHealthWindow = seconds(2);
constexpr Milliseconds kHealthMax = seconds(30);
constexpr Milliseconds kDurationMin = seconds(1);
constexpr Milliseconds kDurationMax = seconds(240);
constexpr Milliseconds kCollectMax = seconds(300);
constexpr const char* kQuick = "quick";

Result<HostReport> collect_within(CollectRequest request, Milliseconds limit,
                                  const ToolWorld& world) {
  // At the timeout the window closes; collectors then have their time to hand over what they saw.
  request.profile.timeout = std::min(request.profile.timeout, limit - CollectOptions().stop_max);
  request.plugin_dirs = world.plugin_dirs;
  return world.collect(request);
}

// /proc alone, and so short that nobody minds asking.
Result<ToolAnswer> get_health(const json&, const ToolWorld& world) {
  CollectRequest request;
  MELISAI_TRY(HostProfile quick, find_profile(kQuick, {}));
  request.profile = with_duration(std::move(quick), kHealthWindow);
  MELISAI_TRY(const HostReport report, collect_within(std::move(request), kHealthMax, world));
  const std::string blind = report.summary.resources.empty()
                                ? "Nothing of this host could be seen, so there is no score.\n\n"
                                : "";
  return ToolAnswer{blind + explain(report), line_of(summary_json(report))};
}

Result<HostProfile> profile_of(const json& arguments) {
  MELISAI_TRY(HostProfile profile, find_profile(text_of(arguments, "profile", kQuick), {}));
  const auto focus = parse_focus(text_of(arguments, "focus", ""));
  if (!focus) return with_context(focus.error(), "focus");
  if (!focus->empty()) profile.focus = *focus;
  const std::string typed = text_of(arguments, "duration", "");
  if (typed.empty()) return profile;
  const Result<Milliseconds> duration = parse_duration(typed);
  if (!duration) return with_context(duration.error(), "duration");
  if (*duration < kDurationMin || *duration > kDurationMax)
    return Error{Errc::usage, "duration: " + in_quotes(typed) + " is not between 1s and 4m"};
  return with_duration(std::move(profile), *duration);
}

Result<ToolAnswer> collect_metrics(const json& arguments, const ToolWorld& world) {
  CollectRequest request;
  MELISAI_TRY(request.profile, profile_of(arguments));
  if (arguments.contains("pid")) request.pids = {std::stoll(text_of(arguments, "pid", ""))};
  MELISAI_TRY(const HostReport report, collect_within(std::move(request), kCollectMax, world));
  return ToolAnswer{to_json(report), line_of(summary_json(report))};
}

Json levels_json(const KnownAnomaly& known) {
  if (known.rule == nullptr) return nullptr;
  return {{"warning", known.rule->warning},
          {"critical", known.rule->critical},
          {"unit", known.rule->unit},
          {"source", known.rule->source}};
}

std::string levels_text(const KnownAnomaly& known) {
  if (known.rule == nullptr) return "no level of its own";
  const std::string unit = known.rule->unit.empty() ? "" : " " + std::string(known.rule->unit);
  return "warning from " + Json(known.rule->warning).dump() + unit + ", critical from " +
         Json(known.rule->critical).dump() + unit;
}

Json json_of(const KnownAnomaly& known) {
  return {{"id", known.text.id},
          {"title", known.title},
          {"category", known.category},
          {"levels", levels_json(known)}};
}

std::string list_of(const std::string& title, const std::vector<std::string_view>& items) {
  std::string text = "\n" + title + ":\n";
  for (const std::string_view item : items) text += "- " + std::string(item) + "\n";
  return text;
}

Result<ToolAnswer> explain_anomaly(const json& arguments, const ToolWorld&) {
  const std::string id = text_of(arguments, "anomaly_id", "");
  const auto& all = known_anomalies();
  const auto known = std::find_if(all.begin(), all.end(),
                                  [&](const KnownAnomaly& each) { return each.text.id == id; });
  if (known == all.end()) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const KnownAnomaly& each : all) names.emplace_back(each.text.id);
    const std::string near = nearest_name(id, names);
    return Error{Errc::not_found,
                 "there is no anomaly " + in_quotes(id) +
                     (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?") +
                     " list_anomalies names all of them"};
  }
  std::string text = id + " (" + std::string(known->category) + "): " + std::string(known->title) +
                     ", " + levels_text(*known) + ".\n";
  if (known->rule != nullptr) text += "Read from: " + std::string(known->rule->source) + "\n";
  text += "\n" + std::string(known->text.meaning) + "\n";
  text += list_of("Likely causes", sentences(known->text.causes)) +
          list_of("Look at", sentences(known->text.look_at));
  Json structured = json_of(*known);
  structured["meaning"] = known->text.meaning;
  structured["causes"] = sentences(known->text.causes);
  structured["look_at"] = sentences(known->text.look_at);
  return ToolAnswer{std::move(text), line_of(structured)};
}

Result<ToolAnswer> list_anomalies(const json&, const ToolWorld&) {
  std::string text;
  Json all = Json::array();
  for (const KnownAnomaly& known : known_anomalies()) {
    text += std::string(known.text.id) + " (" + std::string(known.category) +
            "): " + std::string(known.title) + ", " + levels_text(known) + "\n";
    all.push_back(json_of(known));
  }
  return ToolAnswer{std::move(text), line_of({{"anomalies", std::move(all)}})};
}

Result<ToolAnswer> explain_stored_run(const json& arguments, const ToolWorld& world) {
  const std::string directory = text_of(arguments, "state_dir", world.state_dir);
  if (!directory.starts_with('/'))
    return Error{Errc::usage, "state_dir: " + in_quotes(directory) + " is not an absolute path"};
  return explain_run(text_of(arguments, "run", "last"), directory);
}

struct Entry {
  const char* name;
  const char* title;
  const char* description;
  const char* input_properties;   // JSON members of "properties", and what follows
  const char* output_properties;  // the same
  Result<ToolAnswer> (*call)(const json& arguments, const ToolWorld& world);
};

constexpr const char* kNoArguments = R"("properties":{})";
constexpr const char* kSummary = R"("properties":{
  "host":{"type":"string"},"timestamp":{"type":"string"},"profile":{"type":"string"},
  "window_seconds":{"type":"number"},"interrupted":{"type":"boolean"},
  "health_score":{"type":["integer","null"],"minimum":0,"maximum":100,
    "description":"null when nothing of the host could be seen"},
  "deductions":{"type":"array","items":{"type":"object"}},
  "anomalies":{"type":"array","items":{"type":"object"}},
  "resources":{"type":"object"},
  "advice":{"type":"array","items":{"type":"object"}},
  "not_seen":{"type":"array","items":{"type":"string"}}},
  "required":["health_score","deductions","anomalies","resources","advice","not_seen"])";

constexpr std::array<Entry, 5> kEntries = {{
    {"get_health", "Health of this host",
     "Watches this machine for two seconds through /proc and says how it is: a health score of 0 "
     "to 100 with what lowered it, anomalies, use of CPU, memory, disks and network, and advice. "
     "Cheap; begin here. A machine that works hard scores low, so compare scores of the same "
     "machine only.",
     kNoArguments, kSummary, get_health},
    {"collect_metrics", "All metrics of this host",
     "Watches this machine with all collectors of a profile and returns the whole report as JSON. "
     "Takes as long as the profile: quick 10 s, standard 30 s, deep 60 s, or duration. Some "
     "clients give up after 60 s.",
     R"("properties":{
  "profile":{"type":"string","enum":["quick","standard","deep"],"default":"quick",
    "description":"quick reads /proc; standard and deep run tracing tools too, where they work"},
  "focus":{"type":"string","maxLength":200,
    "description":"categories of tracing tools to run, joined by commas, such as disk,network"},
  "pid":{"type":"integer","minimum":1,"maximum":4194304,
    "description":"of processes, only this one and what it starts"},
  "duration":{"type":"string","maxLength":20,
    "description":"instead of the profile's, such as 5s or 2m; 1s to 4m"}})",
     kSummary, collect_metrics},
    {"explain_anomaly", "What an anomaly means",
     "Says what an anomaly of a report means, what usually causes it, and where to look next.",
     R"("properties":{"anomaly_id":{"type":"string","maxLength":100,
    "description":"as in a report or in list_anomalies, such as tcp_close_wait"}},
  "required":["anomaly_id"])",
     R"("properties":{"id":{"type":"string"},"title":{"type":"string"},"category":{"type":"string"},
  "levels":{"type":["object","null"]},"meaning":{"type":"string"},
  "causes":{"type":"array","items":{"type":"string"}},
  "look_at":{"type":"array","items":{"type":"string"}}},
  "required":["id","title","category","levels","meaning","causes","look_at"])",
     explain_anomaly},
    {"list_anomalies", "All anomalies there are",
     "Lists every anomaly that is looked for, with its category and its levels.", kNoArguments,
     R"("properties":{"anomalies":{"type":"array","items":{"type":"object"}}},
  "required":["anomalies"])",
     list_anomalies},
    {"explain_run", "Why a check passed or failed",
     "Tells a stored run of melisai-gate: verdict and reason, which benchmarks became slower and "
     "by how much, why (the kind of cause, functions, numbers of base and head, flame graphs), "
     "failed steps with the end of their logs, what changed in the host's health, and advice.",
     R"("properties":{
  "run":{"type":["string","integer"],"minimum":1,"maximum":999999999999999,"maxLength":20,
    "default":"last","description":"the number of the run, or last"},
  "state_dir":{"type":"string","maxLength":4096,
    "description":"absolute path of the state directory, if it is not this server's"}})",
     R"("properties":{"run":{"type":"integer"},"state":{"type":"string"},
  "verdict":{"type":["string","null"]},"reason":{"type":"string"},
  "regressions":{"type":"array","items":{"type":"object"}},
  "evidence":{"type":"array","items":{"type":"object","properties":{
    "benchmark":{"type":"string"},"class":{"type":"string"},"sentence":{"type":"string"},
    "metrics":{"type":"array","items":{"type":"object"}},
    "functions":{"type":"array","items":{"type":"object"}},
    "files":{"type":"array","items":{"type":"object"}}}}},
  "health":{"type":["object","null"]}},
  "required":["run","state","verdict","reason","regressions","evidence","health"])",
     explain_stored_run},
}};

std::string schema_of(const char* properties, bool closed) {
  return std::string(R"({"type":"object",)") + properties +
         (closed ? R"(,"additionalProperties":false})" : "}");
}

}  // namespace

std::vector<Tool> make_tools(const ToolWorld& world) {
  std::vector<Tool> tools;
  tools.reserve(kEntries.size());
  for (const Entry& entry : kEntries)
    tools.push_back({.name = entry.name,
                     .title = entry.title,
                     .description = entry.description,
                     .input_schema = schema_of(entry.input_properties, true),
                     .output_schema = schema_of(entry.output_properties, false),
                     .call = [world, call = entry.call](const json& arguments) {
                       return call(arguments, world);
                     }});
  return tools;
}

}  // namespace melisai::host
