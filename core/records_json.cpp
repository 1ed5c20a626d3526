#include "core/records_json.h"

#include <nlohmann/json.hpp>

namespace melisai {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json commit(const CommitInfo& value) { return {{"sha", value.sha}, {"ref", value.ref}}; }

Json summary(const store::RunSummary& run) {
  return {{"run", run.id},
          {"state", to_string(run.state)},
          {"command", run.command},
          {"project", run.project},
          {"directory", run.directory},
          {"started_at", run.started_at},
          {"branch", run.branch},
          {"base", commit(run.base)},
          {"head", commit(run.head)},
          {"verdict", run.verdict ? Json(to_string(*run.verdict)) : Json(nullptr)},
          {"reason", run.reason},
          {"pairs", run.pairs},
          {"seconds", run.seconds},
          {"fingerprint", run.fingerprint}};
}

}  // namespace

std::string runs_json(const std::vector<store::RunSummary>& runs) {
  Json all = Json::array();
  for (const store::RunSummary& run : runs) all.push_back(summary(run));
  return text_of(all);
}

std::string evidence_json(const Report& report) {
  return text_of(Json::parse(to_json(report)).at("evidence"));
}

std::string run_json(const store::Run& run) {
  Json json = summary(run.summary);
  json["configuration"] = run.configuration;
  json["trusted"] = run.summary.trusted;
  json["output_dir"] = run.output_dir;
  json["logs"] = Json::array();
  for (const store::StoredStage& stage : run.stages)
    if (!stage.log_file.empty())
      json["logs"].push_back(
          {{"stage", stage.result.name}, {"side", stage.result.side}, {"file", stage.log_file}});
  json["report"] = run.report ? Json::parse(to_json(*run.report)) : Json(nullptr);
  return text_of(json);
}

std::string baselines_json(const std::vector<store::Baseline>& baselines) {
  Json all = Json::array();
  for (const store::Baseline& baseline : baselines)
    all.push_back({{"id", baseline.id},
                   {"project", baseline.project},
                   {"branch", baseline.branch},
                   {"configuration", baseline.configuration},
                   {"fingerprint", baseline.fingerprint},
                   {"run", baseline.run},
                   {"sha", baseline.sha},
                   {"set_at", baseline.set_at},
                   {"pinned", baseline.pinned}});
  return text_of(all);
}

std::string acknowledgements_json(const std::vector<store::StoredAcknowledgement>& all) {
  Json entries = Json::array();
  for (const store::StoredAcknowledgement& entry : all)
    entries.push_back({{"id", entry.id},
                       {"project", entry.project},
                       {"benchmark", entry.what.benchmark},
                       {"metric", entry.what.metric},
                       {"until", entry.what.until},
                       {"reason", entry.what.reason},
                       {"up_to", entry.what.up_to ? Json(*entry.what.up_to) : Json(nullptr)},
                       {"commit", entry.commit.empty() ? Json(nullptr) : Json(entry.commit)},
                       {"created_at", entry.created_at}});
  return text_of(entries);
}

}  // namespace melisai
