#include "core/base/collector_protocol.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/text.h"

namespace melisai::protocol {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kTextMax = 1000;
constexpr std::size_t kMetricsMax = 1000;
constexpr std::size_t kPartsMax = 100;
constexpr std::int64_t kIntervalMaxMs = 60'000;
constexpr std::size_t kCapabilitiesMax = 64;
constexpr int kDepthMax = 64;  // writing JSON is recursive in the library
constexpr int kResultDepthMax = 60;

Error bad(const std::string& what) { return {Errc::parse, what}; }

std::string quoted(const std::string& key) { return "'" + key + "'"; }

// Reads the fields of one object; remembers the first thing that is wrong, and gives defaults from
// then on, so that a caller asks once at the end.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {
    if (!object.is_object()) complain("an entry is not an object");
  }

  std::string raw(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return "";
    if (!value->is_string()) return complain(quoted(key) + " is not a text"), "";
    return value->get<std::string>();
  }
  std::string text(const char* key, std::size_t bytes_max = kTextMax) {
    return cut(printable(raw(key)), bytes_max);
  }
  std::string name(const char* key) {
    std::string value = raw(key);
    if (ok() && !is_name(value))
      complain(quoted(key) + " is " + in_quotes(value) +
               "; a name is a letter, then letters, digits and _ . -, at most 64");
    return value;
  }
  std::string one_of(const char* key, std::initializer_list<std::string_view> allowed) {
    std::string value = raw(key);
    if (ok() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      complain(quoted(key) + " is " + in_quotes(value));
    return value;
  }
  std::int64_t whole(const char* key, std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
    const Json* value = find(key);
    if (value == nullptr) return 0;
    const bool fits = value->is_number_unsigned() &&
                      value->get<std::uint64_t>() <= static_cast<std::uint64_t>(max);
    if (!fits)
      return complain(quoted(key) + " is not a whole number of 0 to " + std::to_string(max)), 0;
    return value->get<std::int64_t>();
  }
  double finite(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return 0;
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!std::isfinite(number)) return complain(quoted(key) + " is not a finite number"), 0;
    return number;
  }
  bool flag(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) return complain(quoted(key) + " is not true or false"), false;
    return value->get<bool>();
  }
  const Json& list(const char* key, std::size_t max) {
    static const Json none = Json::array();
    const Json* value = find(key);
    if (value == nullptr) return none;
    if (!value->is_array()) return complain(quoted(key) + " is not a list"), none;
    if (value->size() > max)
      return complain(quoted(key) + " has more than " + std::to_string(max) + " entries"), none;
    return *value;
  }
  const Json& object(const char* key) {
    static const Json none = Json::object();
    const Json* value = find(key);
    if (value == nullptr) return none;
    if (!value->is_object()) return complain(quoted(key) + " is not an object"), none;
    return *value;
  }
  bool has(const char* key) const { return object_.is_object() && object_.contains(key); }

  void complain(std::string problem) {
    if (ok()) problem_ = std::move(problem);
  }
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

 private:
  const Json* find(const char* key) {
    if (!ok()) return nullptr;
    const auto found = object_.find(key);
    if (found != object_.end()) return &*found;
    complain("message without " + quoted(key));
    return nullptr;
  }
  static std::string cut(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    return text;
  }

  const Json& object_;
  std::string problem_;
};

// Not Result<Json>: Json converts from and to too much.
Result<void> parse_object(std::string_view body, Json& json, int depth_max = kDepthMax) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > depth_max;
    return depth <= depth_max;
  };
  json = Json::parse(body, watch_depth, /*allow_exceptions=*/false);
  if (too_deep) return bad("JSON of more than " + std::to_string(depth_max) + " levels");
  if (json.is_discarded()) return bad("a frame that is not JSON: " + in_quotes(body));
  if (!json.is_object()) return bad("a frame that is not a JSON object: " + in_quotes(body));
  return {};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const HelloRequest& request) {
  Json config = Json::parse(request.config, nullptr, false);
  MELISAI_ASSERT(config.is_object());
  return {{"type", "hello"}, {"protocol", request.protocol}, {"config", std::move(config)}};
}
Json json_of(const StartRequest& request) {
  Json json = {{"type", "start"},
               {"id", request.id},
               {"root_pid", request.root_pid},
               {"cgroup", request.cgroup}};
  if (request.parts) json["parts"] = *request.parts;
  return json;
}
Json json_of(const StopRequest& request) { return {{"type", "stop"}, {"id", request.id}}; }
Json json_of(const PingRequest& request) { return {{"type", "ping"}, {"id", request.id}}; }
Json json_of(const QuitRequest&) { return {{"type", "quit"}}; }

Json json_of(const MetricInfo& metric) {
  return {{"name", metric.name},          {"unit", metric.unit}, {"better", metric.better},
          {"tier", metric.tier},          {"help", metric.help}, {"source", metric.source},
          {"privilege", metric.privilege}};
}
Json json_of(const PartInfo& part) {
  Json json{{"name", part.name}, {"category", part.category}, {"tier", part.tier}};
  if (!part.unavailable.empty()) json["unavailable"] = part.unavailable;
  return json;
}
template <class T>
Json list_of(const std::vector<T>& entries) {
  Json list = Json::array();
  for (const T& entry : entries) list.push_back(json_of(entry));
  return list;
}
Json json_of(const Hello& hello) {
  return {{"type", "hello"},
          {"protocol", hello.protocol},
          {"name", hello.name},
          {"version", hello.version},
          {"abi", hello.abi},
          {"available", hello.available},
          {"reason", hello.reason},
          {"watches", hello.watches},
          {"capabilities", hello.capabilities},
          {"metrics", list_of(hello.metrics)},
          {"parts", list_of(hello.parts)}};
}
Json json_of(const Started& started) { return {{"type", "started"}, {"id", started.id}}; }
Json json_of(const Samples& message) {
  Json samples = Json::array();
  for (const SampleValue& sample : message.samples) {
    MELISAI_ASSERT(std::isfinite(sample.value));
    samples.push_back({{"metric", sample.metric}, {"value", sample.value}});
  }
  return {{"type", "samples"}, {"id", message.id}, {"samples", std::move(samples)}};
}
Json json_of(const PartResult& message) {
  Json result = Json::parse(message.json, nullptr, false);
  MELISAI_ASSERT(result.is_object());
  return {{"type", "result"},
          {"id", message.id},
          {"part", message.part},
          {"result", std::move(result)}};
}
Json json_of(const Stopped& stopped) { return {{"type", "stopped"}, {"id", stopped.id}}; }
Json json_of(const Pong& pong) { return {{"type", "pong"}, {"id", pong.id}}; }
Json json_of(const Log& log) { return {{"type", "log"}, {"level", log.level}, {"text", log.text}}; }
Json json_of(const Failed& failed) {
  Json json{{"type", "failed"}, {"id", failed.id}, {"reason", failed.reason}};
  if (failed.refused) json["refused"] = true;
  return json;
}

MetricInfo read_metric(const Json& json, Fields& message) {
  Fields fields(json);
  MetricInfo metric;
  metric.name = fields.name("name");
  metric.unit = fields.raw("unit");
  if (fields.ok() && !is_unit(metric.unit))
    fields.complain("'unit' is " + in_quotes(metric.unit) + "; use ns, B, count, 1/s, B/s, ratio");
  metric.better = fields.one_of("better", {"lower", "higher", "unknown"});
  metric.tier = static_cast<int>(fields.whole("tier", 4));
  if (fields.ok() && metric.tier == 0) fields.complain("'tier' is 0; it is 1, 2, 3 or 4");
  if (fields.has("help")) metric.help = fields.text("help");
  if (fields.has("source")) metric.source = fields.text("source");
  if (fields.has("privilege")) metric.privilege = fields.text("privilege");
  if (!fields.ok()) message.complain("metric " + in_quotes(metric.name) + ": " + fields.problem());
  return metric;
}

PartInfo read_part(const Json& json, Fields& message) {
  Fields fields(json);
  PartInfo part;
  part.name = fields.name("name");
  part.category = fields.name("category");
  part.tier = static_cast<int>(fields.whole("tier", 3));
  if (fields.ok() && part.tier == 0) fields.complain("'tier' is 0; it is 1, 2 or 3");
  if (fields.has("unavailable")) part.unavailable = fields.text("unavailable");
  if (!fields.ok()) message.complain("part " + in_quotes(part.name) + ": " + fields.problem());
  return part;
}

std::vector<std::string> read_names(Fields& fields, const char* key, std::size_t count_max) {
  std::vector<std::string> names;
  for (const Json& name : fields.list(key, count_max)) {
    if (!name.is_string() || !is_name(name.get<std::string>()))
      fields.complain("'" + std::string(key) + "' has an entry that is no name");
    else
      names.push_back(name.get<std::string>());
  }
  return names;
}

Hello read_hello(Fields& fields) {
  Hello hello;
  hello.protocol = static_cast<int>(fields.whole("protocol", 1000));
  hello.name = fields.name("name");
  hello.version = fields.text("version", kNameMax);
  if (fields.has("abi")) hello.abi = fields.text("abi", kNameMax);
  if (fields.has("available")) hello.available = fields.flag("available");
  if (fields.has("reason")) hello.reason = fields.text("reason");
  if (fields.has("watches")) hello.watches = fields.flag("watches");
  if (fields.has("capabilities"))
    hello.capabilities = read_names(fields, "capabilities", kCapabilitiesMax);
  std::set<std::string> names;
  for (const Json& metric : fields.list("metrics", kMetricsMax)) {
    hello.metrics.push_back(read_metric(metric, fields));
    if (!names.insert(hello.metrics.back().name).second)
      fields.complain("metric " + in_quotes(hello.metrics.back().name) + " is declared twice");
  }
  names.clear();
  if (!fields.has("parts")) return hello;
  for (const Json& part : fields.list("parts", kPartsMax)) {
    hello.parts.push_back(read_part(part, fields));
    if (!names.insert(hello.parts.back().name).second)
      fields.complain("part " + in_quotes(hello.parts.back().name) + " is declared twice");
  }
  return hello;
}

Samples read_samples(Fields& fields) {
  Samples message{.id = fields.whole("id"), .samples = {}};
  for (const Json& json : fields.list("samples", std::numeric_limits<std::size_t>::max())) {
    Fields sample(json);
    message.samples.push_back({sample.name("metric"), sample.finite("value")});
    if (!sample.ok()) fields.complain("sample: " + sample.problem());
  }
  return message;
}

PartResult read_result(Fields& fields) {
  return {
      .id = fields.whole("id"), .part = fields.name("part"), .json = dump(fields.object("result"))};
}

Log read_log(Fields& fields) {
  return {fields.one_of("level", {"debug", "info", "warning", "error"}), fields.text("text")};
}

Failed read_failed(Fields& fields) {
  Failed failed{.id = fields.whole("id"), .reason = fields.text("reason")};
  if (fields.has("refused")) failed.refused = fields.flag("refused");
  return failed;
}

HelloRequest read_hello_request(Fields& fields) {
  HelloRequest request{.protocol = static_cast<int>(fields.whole("protocol", 1000))};
  if (!fields.has("config")) return request;
  const Json& config = fields.object("config");
  request.config = dump(config);
  Fields options(config);
  if (options.has("sample_interval_ms"))
    request.sample_interval_ms =
        static_cast<int>(options.whole("sample_interval_ms", kIntervalMaxMs));
  if (!options.ok()) fields.complain("'config': " + options.problem());
  return request;
}

StartRequest read_start(Fields& fields) {
  StartRequest request{.id = fields.whole("id"), .root_pid = fields.whole("root_pid")};
  if (fields.has("cgroup")) request.cgroup = fields.raw("cgroup");
  if (fields.has("parts")) request.parts = read_names(fields, "parts", kPartsMax);
  return request;
}

template <class T>
Result<T> checked(const Fields& fields, T value) {
  if (!fields.ok()) return bad(fields.problem());
  return value;
}

Error unknown_type(Fields& fields, const std::string& type) {
  return bad(fields.ok() ? "message of unknown type " + in_quotes(type) : fields.problem());
}

}  // namespace

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= kNameMax && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), may_follow);
}

bool is_object(std::string_view json) {
  Json object;
  return static_cast<bool>(parse_object(json, object, kResultDepthMax));
}

bool is_unit(std::string_view text) {
  constexpr std::array<std::string_view, 6> kUnits = {"ns", "B", "count", "1/s", "B/s", "ratio"};
  return std::find(kUnits.begin(), kUnits.end(), text) != kUnits.end();
}

std::string to_body(const Request& request) {
  return std::visit([](const auto& r) { return dump(json_of(r)); }, request);
}

std::string to_body(const Message& message) {
  return std::visit([](const auto& m) { return dump(json_of(m)); }, message);
}

Result<Request> parse_request(std::string_view body) {
  Json json;
  MELISAI_CHECK(parse_object(body, json));
  Fields fields(json);
  const std::string type = fields.raw("type");
  if (type == "hello") return checked<Request>(fields, read_hello_request(fields));
  if (type == "start") return checked<Request>(fields, read_start(fields));
  if (type == "stop") return checked<Request>(fields, StopRequest{fields.whole("id")});
  if (type == "ping") return checked<Request>(fields, PingRequest{fields.whole("id")});
  if (type == "quit") return Request{QuitRequest{}};
  return unknown_type(fields, type);
}

Result<Message> parse_message(std::string_view body) {
  Json json;
  MELISAI_CHECK(parse_object(body, json));
  Fields fields(json);
  const std::string type = fields.raw("type");
  if (type == "hello") return checked<Message>(fields, read_hello(fields));
  if (type == "started") return checked<Message>(fields, Started{fields.whole("id")});
  if (type == "samples") return checked<Message>(fields, read_samples(fields));
  if (type == "result") return checked<Message>(fields, read_result(fields));
  if (type == "stopped") return checked<Message>(fields, Stopped{fields.whole("id")});
  if (type == "pong") return checked<Message>(fields, Pong{fields.whole("id")});
  if (type == "log") return checked<Message>(fields, read_log(fields));
  if (type == "failed") return checked<Message>(fields, read_failed(fields));
  return unknown_type(fields, type);
}

}  // namespace melisai::protocol
