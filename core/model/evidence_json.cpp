#include "core/model/evidence_json.h"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace melisai {
namespace {

using Output = nlohmann::ordered_json;
using Fields = JsonFields;

constexpr std::array kCauses{Cause::cpu_work,     Cause::cpu_efficiency, Cause::allocation,
                             Cause::memory,       Cause::system_calls,   Cause::file_io,
                             Cause::lock_wait,    Cause::scheduling,     Cause::network,
                             Cause::subprocesses, Cause::sleep,          Cause::not_known};

Output number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Output(*value) : Output(nullptr);
}

template <class T>
Output list(const std::vector<T>& values, Output (*one)(const T&)) {
  Output result = Output::array();
  for (const T& value : values) result.push_back(one(value));
  return result;
}

Output metric(const EvidenceMetric& value) {
  return {{"name", value.name},
          {"unit", value.unit},
          {"base", number(value.base)},
          {"head", number(value.head)}};
}

Output function(const EvidenceFunction& value) {
  return {{"name", value.name},         {"file", value.file},
          {"line", value.line},         {"when", value.when},
          {"unit", value.unit},         {"base", number(value.base)},
          {"head", number(value.head)}, {"confidence", number(value.confidence)}};
}

Output file(const EvidenceFile& value) { return {{"kind", value.kind}, {"path", value.path}}; }

Output pass(const EvidencePass& value) {
  return {{"name", value.name},
          {"runs", value.runs},
          {"seconds", number(value.seconds)},
          {"problem", value.problem}};
}

EvidenceMetric read_metric(Fields fields) {
  EvidenceMetric out;
  fields.read("name", out.name);
  fields.read("unit", out.unit);
  fields.read("base", out.base);
  fields.read("head", out.head);
  return out;
}

EvidenceFunction read_function(Fields fields) {
  EvidenceFunction out;
  fields.read("name", out.name);
  fields.read("file", out.file);
  out.line = static_cast<int>(fields.integer("line", 0, 0, std::numeric_limits<int>::max()));
  fields.read("when", out.when);
  fields.read("unit", out.unit);
  fields.read("base", out.base);
  fields.read("head", out.head);
  fields.read("confidence", out.confidence);
  return out;
}

EvidenceFile read_file(Fields fields) {
  EvidenceFile out;
  fields.read("kind", out.kind);
  fields.read("path", out.path);
  return out;
}

EvidencePass read_pass(Fields fields) {
  EvidencePass out;
  fields.read("name", out.name);
  out.runs = static_cast<int>(fields.integer("runs", 0, 0, std::numeric_limits<int>::max()));
  fields.read("seconds", out.seconds);
  fields.read("problem", out.problem);
  return out;
}

}  // namespace

nlohmann::ordered_json evidence_to_json(const Evidence& evidence) {
  return {{"benchmark", evidence.benchmark},
          {"class", to_string(evidence.cause)},
          {"confidence", number(evidence.confidence)},
          {"sentence", evidence.sentence},
          {"advice", evidence.advice},
          {"note", evidence.note},
          {"metrics", list(evidence.metrics, metric)},
          {"functions", list(evidence.functions, function)},
          {"files", list(evidence.files, file)},
          {"passes", list(evidence.passes, pass)}};
}

Evidence read_evidence(JsonFields fields) {
  Evidence out;
  fields.read("benchmark", out.benchmark);
  fields.read_word<Cause>("class", kCauses, out.cause);
  fields.read("confidence", out.confidence);
  fields.read("sentence", out.sentence);
  fields.read("advice", out.advice);
  fields.read("note", out.note);
  fields.read_objects("metrics", out.metrics, read_metric);
  fields.read_objects("functions", out.functions, read_function);
  fields.read_objects("files", out.files, read_file);
  fields.read_objects("passes", out.passes, read_pass, Fields::Presence::optional);
  return out;
}

}  // namespace melisai
