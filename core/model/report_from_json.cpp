#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/model/report.h"

namespace melisai {
namespace {

// Sorted, unlike what to_json() writes: looking up a key of an ordered object is linear, and a
// hostile file holds millions.
using Input = nlohmann::json;

constexpr std::size_t kReportBytesMax = std::size_t{32} << 20;

/// Where reading stands: the first problem is kept, every later read returns its fallback.
struct Reading {
  std::string problem;

  void fail(const std::string& path, const std::string& what) {
    if (problem.empty()) problem = path + ": " + what;
  }
};

/// One JSON object that is read field by field. `need` fields must be there; the others fall back
/// to T's default.
class Fields {
 public:
  enum class Presence { required, optional };

  Fields(const Input& value, std::string path, Reading& reading)
      : path_(std::move(path)), reading_(reading) {
    if (value.is_object()) {
      object_ = &value;
    } else {
      reading_.fail(path_.empty() ? "the document" : path_,
                    "expected an object, found " + kind(value));
    }
  }

  void read(std::string_view key, std::string& out, Presence presence = Presence::required) {
    const Input* value = find(key, presence);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key, "a string", *value);
    out = value->get_ref<const std::string&>();
  }

  void read(std::string_view key, bool& out, Presence presence = Presence::required) {
    const Input* value = find(key, presence);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, "true or false", *value);
    out = value->get<bool>();
  }

  /// null stands for a number that was not finite.
  void read(std::string_view key, double& out, Presence presence = Presence::required) {
    const Input* value = find(key, presence);
    if (value == nullptr) return;
    if (value->is_null()) {
      out = std::numeric_limits<double>::quiet_NaN();
    } else if (value->is_number()) {
      out = value->get<double>();
    } else {
      wrong(key, "a number", *value);
    }
  }

  void read(std::string_view key, std::optional<double>& out) {
    const Input* value = find(key, Presence::required);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_number()) return wrong(key, "a number or null", *value);
    out = value->get<double>();
  }

  void read(std::string_view key, int& out, Presence presence = Presence::required) {
    out = static_cast<int>(integer(key, out, 0, std::numeric_limits<int>::max(), presence));
  }

  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max, Presence presence = Presence::required) {
    const Input* value = find(key, presence);
    if (value == nullptr) return fallback;
    const bool fits =
        value->is_number_integer() &&
        !(value->is_number_unsigned() &&
          value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) &&
        value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max;
    if (fits) return value->get<std::int64_t>();
    wrong(key, "an integer from " + std::to_string(min) + " to " + std::to_string(max), *value);
    return fallback;
  }

  void read(std::string_view key, std::uint64_t& out, Presence presence) {
    const Input* value = find(key, presence);
    if (value == nullptr) return;
    if (!value->is_number_unsigned()) return wrong(key, "an integer from 0", *value);
    out = value->get<std::uint64_t>();
  }

  /// A word that to_string() gives for one of `all`.
  template <class Enum>
  void read_word(std::string_view key, std::span<const Enum> all, Enum& out) {
    std::string word;
    read(key, word);
    if (!reading_.problem.empty()) return;
    for (const Enum candidate : all) {
      if (to_string(candidate) == word) {
        out = candidate;
        return;
      }
    }
    std::string words;
    for (const Enum candidate : all)
      words += (words.empty() ? "" : ", ") + std::string(to_string(candidate));
    reading_.fail(at(key), "unknown word; expected one of " + words);
  }

  /// Calls `one(element, path)` for each element of an array.
  template <class Read>
  void each(std::string_view key, Read one, Presence presence = Presence::required) {
    const Input* value = find(key, presence);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(key, "an array", *value);
    for (std::size_t i = 0; i < value->size() && reading_.problem.empty(); ++i) {
      one((*value)[i], at(key) + "[" + std::to_string(i) + "]");
    }
  }

  /// The object at `key`; nothing when it is absent or null and may be.
  std::optional<Fields> object(std::string_view key, Presence presence = Presence::required,
                               bool nullable = false) {
    const Input* value = find(key, presence);
    if (value == nullptr || (nullable && value->is_null())) return std::nullopt;
    return Fields(*value, at(key), reading_);
  }

 private:
  const Input* find(std::string_view key, Presence presence) {
    if (object_ == nullptr || !reading_.problem.empty()) return nullptr;
    const auto found = object_->find(key);
    if (found != object_->end()) return &*found;
    if (presence == Presence::required) reading_.fail(at(key), "missing");
    return nullptr;
  }

  void wrong(std::string_view key, const std::string& expected, const Input& found) {
    reading_.fail(at(key), "expected " + expected + ", found " + kind(found));
  }

  std::string at(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

  static std::string kind(const Input& value) {
    if (value.is_number_integer()) return "the integer " + value.dump();
    return value.type_name();
  }

  const Input* object_ = nullptr;
  std::string path_;
  Reading& reading_;
};

constexpr auto kOptional = Fields::Presence::optional;

constexpr std::array kDecisions{Decision::clear,        Decision::regressed, Decision::improved,
                                Decision::inconclusive, Decision::added,     Decision::removed,
                                Decision::failed};
constexpr std::array kVerdicts{Verdict::pass, Verdict::regression, Verdict::inconclusive,
                               Verdict::error};
constexpr std::array kReasonCodes{ReasonCode::clear,         ReasonCode::regressed,
                                  ReasonCode::budget,        ReasonCode::nothing_compared,
                                  ReasonCode::build_failed,  ReasonCode::tests_failed,
                                  ReasonCode::bench_failed,  ReasonCode::git,
                                  ReasonCode::disk,          ReasonCode::interrupted,
                                  ReasonCode::configuration, ReasonCode::internal};
constexpr std::array kStatuses{StageResult::Status::passed, StageResult::Status::failed,
                               StageResult::Status::cached, StageResult::Status::skipped};
constexpr std::array kBetter{Better::lower, Better::higher, Better::unknown};

void read_commit(Fields& fields, std::string_view key, CommitInfo& out) {
  if (auto object = fields.object(key)) {
    object->read("sha", out.sha);
    object->read("ref", out.ref);
  }
}

void read_machine(Fields& fields, Machine& out) {
  auto object = fields.object("machine");
  if (!object) return;
  object->read("cpu_model", out.cpu_model);
  object->read("cpus", out.cpus);
  object->read("kernel", out.kernel);
  object->read("fingerprint", out.fingerprint);
  out.memory_bytes =
      object->integer("memory_bytes", 0, 0, std::numeric_limits<std::int64_t>::max(), kOptional);
  object->read("virtualisation", out.virtualisation, kOptional);
  object->read("governor", out.governor, kOptional);
}

void read_side(Fields& fields, std::string_view key, std::optional<Side>& out) {
  if (auto object = fields.object(key, Fields::Presence::required, /*nullable=*/true)) {
    out.emplace();
    object->read("median", out->median);
  }
}

BenchmarkResult read_benchmark(Fields fields) {
  BenchmarkResult out;
  fields.read("name", out.name);
  fields.read("metric", out.metric.name);
  fields.read("unit", out.metric.unit);
  fields.read_word<Better>("better", kBetter, out.metric.better);
  out.metric.tier = static_cast<Tier>(fields.integer("tier", 4, 1, 4));
  fields.read_word<Decision>("decision", kDecisions, out.decision);
  fields.read("effect", out.effect);
  fields.read("effect_low", out.effect_low);
  fields.read("effect_high", out.effect_high);
  fields.read("from_zero", out.from_zero);
  fields.read("threshold", out.threshold);
  fields.read("pairs", out.pairs);
  fields.read("confirmed", out.confirmed);
  fields.read("gating", out.gating);
  read_side(fields, "base", out.base);
  read_side(fields, "head", out.head);
  fields.read("note", out.note, kOptional);
  return out;
}

StageResult read_stage(Fields fields) {
  StageResult out;
  fields.read("name", out.name);
  fields.read("side", out.side);
  fields.read("command", out.command);
  fields.read_word<StageResult::Status>("status", kStatuses, out.status);
  fields.read("seconds", out.seconds);
  fields.read("message", out.message);
  fields.read("log", out.log);
  fields.read("log_tail", out.log_tail);
  return out;
}

Measurement read_measurement(Fields fields) {
  Measurement out;
  fields.read("benchmark", out.benchmark);
  fields.read("pairs", out.pairs);
  fields.read("cpu_wall_ratio", out.cpu_wall_ratio);
  fields.read("placement", out.placement);
  fields.read("in_cgroup", out.in_cgroup);
  return out;
}

Report read_report(const Input& document, Reading& reading) {
  Report out;
  Fields fields(document, "", reading);
  const auto newest = std::int64_t{Report::kSchemaVersion};
  const auto version =
      fields.integer("schema_version", 1, 1, std::numeric_limits<std::int64_t>::max());
  if (version > newest) {
    reading.fail("schema_version", std::to_string(version) + " is newer than " +
                                       std::to_string(newest) +
                                       ", the newest that this melisai-gate reads");
  }
  fields.read("tool_version", out.tool_version, kOptional);
  fields.read("project", out.project, kOptional);
  fields.read("started_at", out.started_at, kOptional);
  fields.read_word<Verdict>("verdict", kVerdicts, out.verdict);
  fields.read_word<ReasonCode>("reason_code", kReasonCodes, out.reason_code);
  fields.read("reason", out.reason);
  read_commit(fields, "base", out.base);
  read_commit(fields, "head", out.head);
  read_machine(fields, out.machine);
  fields.read("seed", out.seed, kOptional);
  if (auto policy = fields.object("policy", kOptional)) {
    policy->read("threshold", out.threshold);
    policy->read("false_alarm", out.false_alarm);
    policy->read("miss", out.miss);
  }
  fields.each("benchmarks", [&](const Input& value, const std::string& path) {
    out.benchmarks.push_back(read_benchmark(Fields(value, path, reading)));
  });
  const auto add_measurement = [&](const Input& value, const std::string& path) {
    out.measurements.push_back(read_measurement(Fields(value, path, reading)));
  };
  fields.each("measurements", add_measurement, kOptional);
  fields.each("stages", [&](const Input& value, const std::string& path) {
    out.stages.push_back(read_stage(Fields(value, path, reading)));
  });
  fields.each("collectors", [](const Input&, const std::string&) {});
  const auto add_warning = [&](const Input& value, const std::string& path) {
    if (!value.is_string())
      return reading.fail(path, std::string("expected a string, found ") + value.type_name());
    out.warnings.push_back(value.get<std::string>());
  };
  fields.each("warnings", add_warning, kOptional);
  fields.read("seconds", out.seconds);
  return out;
}

Error not_a_report(const std::string& what) {
  return {Errc::parse, "report: " + what +
                           "; give a report.json that melisai-gate of this version or older wrote"};
}

}  // namespace

Result<Report> report_from_json(std::string_view json) {
  if (json.size() > kReportBytesMax) {
    return not_a_report("larger than the limit of " + std::to_string(kReportBytesMax) + " bytes");
  }
  Reading reading;
  try {
    Report report = read_report(Input::parse(json), reading);
    if (reading.problem.empty()) return report;
  } catch (const Input::parse_error& error) {
    // Not error.what(): it quotes the text that was found, which can be long and is not ours.
    return not_a_report("not JSON at byte " + std::to_string(error.byte));
  } catch (const Input::exception&) {
    return not_a_report("a value is out of range");
  }
  return not_a_report(reading.problem);
}

}  // namespace melisai
