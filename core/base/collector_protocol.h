// What the gate and a collector say to each other, one message a frame (frame.h). The collector is
// melisai-gate-worker with a plugin in it, or any program that speaks the same; plugins/README.md
// is the specification. JSON stays behind the .cpp; what comes from a collector is checked there.
//
//   gate                                                collector
//   {"type":"hello","protocol":1,"config":{}}        -> {"type":"hello","protocol":1,"name":..,...}
//   {"type":"start","id":1,"root_pid":77,"cgroup":..}-> {"type":"started","id":1}
//   {"type":"stop","id":1}                           -> {"type":"samples","id":1,"samples":[..]} *
//                                                       {"type":"stopped","id":1}
//   {"type":"ping","id":2}                           -> {"type":"pong","id":2}
//   {"type":"quit"}                                  -> exit code 0
//   any time                                            {"type":"log","level":"info","text":".."}
//   instead of started, stopped                         {"type":"failed","id":1,"reason":".."}
#pragma once

#include <cstdint>
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
  std::string config = "{}";  // a JSON object, as text
};
struct StartRequest {
  std::int64_t id = 0;
  std::int64_t root_pid = 0;  // of the observed tree; 0: the whole host
  std::string cgroup;         // directory, "" when there is none
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
using Message = std::variant<Hello, Started, Samples, Stopped, Pong, Log, Failed>;

/// A letter, then letters, digits and _ . -, at most 64: names of collectors and of metrics.
bool is_name(std::string_view text);
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
