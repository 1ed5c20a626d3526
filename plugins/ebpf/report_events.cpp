// Events: one line each, up to the limit; what did not fit is counted.
#include <arpa/inet.h>
#include <sys/wait.h>

#include <array>
#include <cstring>
#include <ctime>

#include "plugins/ebpf/report.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string utc(std::uint64_t monotonic_ns, const WindowFacts& window) {
  const std::int64_t since_epoch = static_cast<std::int64_t>(monotonic_ns) + window.clock_offset_ns;
  const std::time_t seconds = since_epoch / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(since_epoch % kSecond / 1000);
  fraction.insert(0, 6 - std::min<std::size_t>(fraction.size(), 6), '0');
  return std::string(text, size) + "." + fraction + "Z";
}

template <std::size_t size>
std::string text_in(const char (&field)[size]) {
  return {field, strnlen(field, size)};
}

std::string address(const __u8 (&bytes)[16], __u16 family) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes, text, sizeof text);
  return text;
}

const char* state_name(__u32 state) {
  constexpr std::array kNames = {"",           "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
                                 "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
                                 "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
  return state < kNames.size() ? kNames[state] : "";
}

const char* operation_name(__u32 operation) {
  constexpr std::array kNames = {"read", "write", "flush", "discard"};
  return operation < kNames.size() ? kNames[operation] : "other";
}

/// Takes events up to the limit and counts the others.
class Events {
 public:
  Events(const WindowFacts& window, ebpf_counter dropped, Findings& findings)
      : window_(window), findings_(findings), left_out_(window.reading[dropped]) {}
  ~Events() {
    if (left_out_ == 0) return;
    findings_.truncated = true;
    findings_.data["events_left_out"] = left_out_;
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  template <typename Record>
  void add(const Record& record, Json details) {
    if (findings_.events.size() >= window_.events_max) {
      ++left_out_;
      return;
    }
    findings_.events.push_back({{"time", utc(record.time_ns, window_)},
                                {"pid", record.pid},
                                {"comm", text_in(record.comm)},
                                {"details", std::move(details)}});
  }

 private:
  const WindowFacts& window_;
  Findings& findings_;
  std::uint64_t left_out_;
};

template <typename Record, typename ToDetails>
void put_records(const WindowFacts& window, std::string_view map, ebpf_counter dropped,
                 Findings& findings, ToDetails to_details) {
  Events events(window, dropped, findings);
  for_each_record(window.object, map, [&](std::span<const std::byte> bytes) {
    Record record{};
    if (bytes.size() < sizeof record) return;
    std::memcpy(&record, bytes.data(), sizeof record);
    events.add(record, to_details(record));
  });
}

Json tcp_details(const ebpf_tcp_event& event) {
  Json details = {{"local", address(event.local, event.family)},
                  {"local_port", event.local_port},
                  {"remote", address(event.remote, event.family)},
                  {"remote_port", event.remote_port}};
  if (event.kind == ebpf_tcp_connect)
    details["latency_ns"] = event.latency_ns;
  else
    details["state"] = state_name(event.state);
  return details;
}

}  // namespace

void put_block_events(const WindowFacts& window, Findings& findings) {
  put_records<ebpf_block_event>(window, "block_events", counter_dropped_block_events, findings,
                                [&](const ebpf_block_event& event) -> Json {
                                  return {{"disk", disk_name(event.device, window.sys_root)},
                                          {"operation", operation_name(event.operation)},
                                          {"sector", event.sector},
                                          {"bytes", event.bytes},
                                          {"queued_ns", event.queued_ns},
                                          {"latency_ns", event.device_ns}};
                                });
}

void put_exec_events(const WindowFacts& window, Findings& findings) {
  put_records<ebpf_exec_event>(
      window, "exec_events", counter_dropped_exec_events, findings,
      [](const ebpf_exec_event& event) -> Json {
        if (event.is_exit == 0)
          return {{"event", "exec"}, {"ppid", event.parent}, {"file", text_in(event.file)}};
        Json details = {{"event", "exit"}, {"ppid", event.parent}};
        if (WIFSIGNALED(event.exit_code))
          details["signal"] = WTERMSIG(event.exit_code);
        else
          details["exit_code"] = WEXITSTATUS(event.exit_code);
        if (event.lived_ns > 0) details["lived_ns"] = event.lived_ns;
        return details;
      });
}

void put_tcp_events(const WindowFacts& window, std::uint32_t kind, Findings& findings) {
  Events events(window, counter_dropped_tcp_events, findings);
  for (const ebpf_tcp_event& event : window.reading.tcp_events())
    if (event.kind == kind) events.add(event, tcp_details(event));
}

void put_oom_events(const WindowFacts& window, Findings& findings) {
  put_records<ebpf_oom_event>(window, "oom_events", counter_dropped_oom_events, findings,
                              [](const ebpf_oom_event&) -> Json {
                                return {{"event", "killed for want of memory"}};
                              });
}

}  // namespace melisai::plugins::ebpf
