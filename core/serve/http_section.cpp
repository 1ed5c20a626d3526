#include "core/serve/http_section.h"

#include "core/base/text.h"

namespace melisai::serve {
namespace {

using namespace std::chrono_literals;

// 0: any that is free; `status` says which.
constexpr ConfigRange<int> kPortRange = {.min = 0, .max = 65'535};
constexpr ConfigRange<int> kConnectionsRange = {.min = 16, .max = 100'000};
constexpr ConfigRange<Milliseconds> kRequestRange = {.min = 1s, .max = 5min};
constexpr ConfigRange<Bytes> kBodyRange = {.min = 16 << 10, .max = 25 << 20};
constexpr ConfigRange<Bytes> kWorkflowSizeRange = {.min = 1 << 10, .max = 64 << 10};

void read_tls(const ConfigValue& section, HttpOptions& http, Reading& reading) {
  ConfigMap map(section, reading.errors);
  http.certificate = absolute_path(map.string("certificate", ""), reading);
  http.key = absolute_path(map.string("key", ""), reading);
  map.finish();
  if (http.certificate.empty() != http.key.empty())
    map.fail(http.key.empty() ? "key" : "certificate",
             "TLS needs both 'certificate' and 'key', two files");
}

bool is_this_machine(const std::string& address) {
  return address == "::1" || address.starts_with("127.");
}

}  // namespace

HttpOptions read_http(const ConfigValue& section, const MonitorOptions& monitoring,
                      Reading& reading) {
  HttpOptions http;
  ConfigMap map(section, reading.errors);
  const bool by_webhook = monitoring.method == MonitorOptions::Method::webhook;
  http.enabled = map.boolean("enabled", by_webhook);
  http.address = map.string("address", http.address);
  http.port = map.integer("port", by_webhook ? monitoring.port : http.port, kPortRange);
  read_tls(map.section("tls"), http, reading);
  http.connections_max = map.integer("max_connections", http.connections_max, kConnectionsRange);
  http.streams_max = map.integer("max_streams", http.streams_max, kConnectionsRange);
  http.request_timeout = map.duration("request_timeout", http.request_timeout, kRequestRange);
  http.body_max = map.bytes("max_body", http.body_max, kBodyRange);
  http.metrics_public = map.boolean("metrics_public", http.metrics_public);
  http.badge_public = map.boolean("badge_public", http.badge_public);
  http.workflows_max = map.integer("max_workflows", http.workflows_max, {.min = 0, .max = 200});
  http.workflow_size_max =
      map.bytes("max_workflow_size", http.workflow_size_max, kWorkflowSizeRange);
  map.finish();
  if (by_webhook && !http.enabled)
    reading.remark("monitoring.method is webhook, but http is off: nobody can deliver");
  if (http.enabled && http.certificate.empty() && !is_this_machine(http.address))
    reading.remark("http listens at " + in_quotes(http.address) +
                   " without TLS: tokens can be read on the way, unless something in front of it "
                   "speaks TLS");
  return http;
}

}  // namespace melisai::serve
