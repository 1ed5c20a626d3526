// What the gate and a collector say to each other, one message a frame (frame.h). The collector is
// melisai-gate-worker with a plugin in it, or any program that speaks the same; plugins/README.md
// is the specification. JSON stays behind the .cpp; what comes from a collector is checked there.
//
//   gate                                                collector
//   {"type":"hello","protocol":1,"config":{}}        -> {"type":"hello","protocol":1,"name":..,...}
//   {"type":"start","id":1,"root_pid":77,"cgroup":..,
//    "parts":["runqlat"]}                          -> {"type":"started","id":1}
//   {"type":"stop","id":1}                           -> {"type":"samples","id":1,"samples":[..]} *
//                                                       {"type":"result","id":1,"part":..,..} *
//                                                       {"type":"stopped","id":1}
//   {"type":"ping","id":2}                           -> {"type":"pong","id":2}
//   {"type":"quit"}                                  -> exit code 0
//   any time                                            {"type":"log","level":"info","text":".."}
//   instead of started, stopped                         {"type":"failed","id":1,"reason":".."}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace melisai::protocol {

inline constexpr int kVersion = 1;

// From the gate.
struct HelloRequest {
  int protocol = kVersion;
  std::string config = "{}";   // a JSON object, as text
  int sample_interval_ms = 0;  // what the configuration says; 0: nothing
};
struct StartRequest {
  std::int64_t id = 0;
  std::int64_t root_pid = 0;  // of the observed tree; 0: the whole host
  std::string cgroup;         // directory, "" when there is none
  // Those that are wanted in this window; nothing: all.
  std::optional<std::vector<std::string>> parts = {};
};
struct StopRequest {
  std::int64_t id = 0;
};
struct PingRequest {
  std::int64_t id = 0;
};
struct QuitRequest {};
using Request = std::variant<HelloRequest, StartRequest, StopRequest, PingRequest, QuitRequest>;

// From the collector.
struct MetricInfo {
  std::string name;
  std::string unit;    // canonical: ns, B, count, 1/s, B/s, ratio
  std::string better;  // "lower", "higher", "unknown"
  int tier = 4;
  std::string help;
  std::string source;
  std::string privilege;
};
struct PartInfo {
  std::string name;         // "cpu_utilization"
  std::string category;     // "cpu"
  int tier = 1;             // 1 procfs, 2 another program, 3 native eBPF
  std::string unavailable;  // why this machine does not give it; "" when it does
};
struct Hello {
  int protocol = kVersion;
  std::string name;     // "process": letters, digits and _ . -, at most 64
  std::string version;  // at most 64 printable bytes
  std::string abi;      // "1.0"; "" from a program without a plugin
  bool available = true;
  std::string reason;                     // why not
  bool watches = false;                   // cheap enough to run around timed pairs
  std::vector<std::string> capabilities;  // "CAP_SYS_PTRACE"
  std::vector<MetricInfo> metrics;        // at most 1,000
  std::vector<PartInfo> parts;            // at most 100
};
struct Started {
  std::int64_t id = 0;
};
struct SampleValue {
  std::string metric;
  double value = 0;  // finite
};
struct Samples {
  std::int64_t id = 0;
  std::vector<SampleValue> samples;
};
struct PartResult {
  std::int64_t id = 0;
  std::string part;
  std::string json;  // an object, as text; what is in it is for the model to check
};
struct Stopped {
  std::int64_t id = 0;
};
struct Pong {
  std::int64_t id = 0;
};
struct Log {
  std::string level;  // debug info warning error
  std::string text;
};
struct Failed {
  std::int64_t id = 0;
  std::string reason;
  bool refused = false;  // in answer to hello: the plugin cannot be loaded, now and ever
};
using Message = std::variant<Hello, Started, Samples, PartResult, Stopped, Pong, Log, Failed>;

/// Of the JSON of one result; with what is around it in a frame it stays below kFrameBytesMax.
inline constexpr std::size_t kResultBytesMax = 1'000'000;

/// A letter, then letters, digits and _ . -, at most 64: names of collectors and of metrics.
bool is_name(std::string_view text);
/// JSON text of an object that fits into a frame: UTF-8, at most 60 levels.
bool is_object(std::string_view json);
/// One of the canonical units above.
bool is_unit(std::string_view text);

/// Body of a frame. Text that is not UTF-8 becomes U+FFFD; a number that is not finite is a
/// programmer error.
std::string to_body(const Request& request);
std::string to_body(const Message& message);

/// Errors: parse, naming what is wrong ("message without 'type'", "'value' is not a finite
/// number"). Unknown fields are ignored, unknown types are errors. Texts are cut at the limits
/// above (1,000 bytes where none stands) and made printable.
Result<Request> parse_request(std::string_view body);
Result<Message> parse_message(std::string_view body);

}  // namespace melisai::protocol
