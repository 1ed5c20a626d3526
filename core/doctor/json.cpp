#include <nlohmann/json.hpp>

#include "core/doctor/distribution.h"
#include "core/doctor/findings.h"
#include "core/report/report.h"

namespace melisai::doctor {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchemaVersion = 1;

/// Whatever files hold: valid UTF-8 on one line.
Json text(const std::string& hostile) { return report::one_line(hostile); }

Json texts(const std::vector<std::string>& all) {
  Json list = Json::array();
  for (const std::string& each : all) list.push_back(text(each));
  return list;
}

Json body_of(const Finding& finding) {
  return {{"state", std::string(to_string(finding.state))},
          {"found", text(finding.found)},
          {"why", text(finding.why)},
          {"action", text(finding.action)},
          {"commands", texts(finding.commands)}};
}

Json json_of(const Finding& finding) {
  Json json;
  json["id"] = finding.id;
  json.update(body_of(finding));
  return json;
}

Json json_of(const Tier& tier) {
  Json json;
  json["tier"] = tier.tier;
  json["usable"] = tier.usable;
  json.update(body_of(tier.finding));
  return json;
}

Json json_of(const PartFinding& part) {
  return {{"name", text(part.part.name)},
          {"category", text(part.part.category)},
          {"tier", part.part.tier},
          {"works", part.works},
          {"reason", text(part.reason)}};
}

Json json_of(const CollectorFinding& finding) {
  const CollectorResult& collector = finding.collector;
  Json parts = Json::array();
  for (const PartFinding& part : finding.parts) parts.push_back(json_of(part));
  return {{"name", text(collector.name)},
          {"file", text(collector.file)},
          {"version", text(collector.version)},
          {"status", std::string(to_string(collector.status))},
          {"works", collector.status == CollectorStatus::ok},
          {"state", std::string(to_string(finding.state))},
          {"reason", text(collector.reason)},
          {"action", text(finding.action)},
          {"parts", std::move(parts)}};
}

template <class T>
Json list_of(const std::vector<T>& all) {
  Json list = Json::array();
  for (const T& each : all) list.push_back(json_of(each));
  return list;
}

}  // namespace

std::string to_json(const Facts& facts, const Diagnosis& diagnosis) {
  const std::string_view manager = package_manager(facts.distribution);
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["fit"] = diagnosis.fit();
  json["machine"] = {{"distribution", text(facts.distribution.name)},
                     {"package_manager", std::string(manager)},
                     {"kernel", text(facts.kernel)},
                     {"cpu_model", text(facts.machine.cpu_model)},
                     {"cpus", facts.cpus_usable}};
  json["findings"] = list_of(diagnosis.machine);
  json["tiers"] = list_of(diagnosis.tiers);
  json["collectors"] = list_of(diagnosis.collectors);
  return json.dump(2) + "\n";
}

}  // namespace melisai::doctor
