// Answers deliveries that another program makes up (ci/webhook-corpus), without a socket.
// usage: webhook_probe STATE_DIR SECRET REPOSITORY
// Reads frames from standard input: a line "HEAD BODY" with two lengths in bytes, the head (the
// method and the path, then a header a line), the body. Prints a JSON line for each: status,
// answer, how long it took, our memory, and the signature that we would give the body. After the
// last one: how many events were accepted.
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "core/api/hooks.h"

namespace melisai::api {
namespace {

constexpr std::size_t kFrameMax = 32 << 20;

http::Request request_of(const std::string& head, std::string body) {
  http::Request request;
  std::istringstream lines(head);
  lines >> request.method >> request.path >> std::ws;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    request.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  request.target = request.path;
  request.body = std::move(body);
  return request;
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

ServeConfig config_of(const std::string& secret, const std::string& repository) {
  ServeConfig config;
  config.projects.push_back({.name = "corpus",
                             .repository = "/nowhere",
                             .token = "",
                             .branches = {"*"},
                             .tags = {"*"},
                             .pipelines = {},
                             .webhook = {.secret = secret, .repository = repository}});
  return config;
}

/// False at the end of the input, and for what is no frame.
bool read_frame(std::string& head, std::string& body) {
  std::size_t head_size = 0;
  std::size_t body_size = 0;
  if (!(std::cin >> head_size >> body_size) || head_size + body_size > kFrameMax) return false;
  std::cin.get();
  head.resize(head_size);
  body.resize(body_size);
  std::cin.read(head.data(), static_cast<std::streamsize>(head_size));
  std::cin.read(body.data(), static_cast<std::streamsize>(body_size));
  return static_cast<bool>(std::cin);
}

int probe(const std::string& state_dir, const std::string& secret, const std::string& repository) {
  auto queue = store::Queue::open_writer(state_dir);
  if (!queue) return 1;
  const ServeConfig config = config_of(secret, repository);
  const SystemClock clock;
  // The repository was polled.
  if (!queue->note_refs("corpus", {{"refs/heads/polled", std::string(40, 'f')}}, clock.now()))
    return 1;
  const HookContext context{
      .config = config, .queue = *queue, .clock = clock, .accept = [&](const RunEvent& event) {
        return queue->accept(event);
      }};
  std::string head;
  std::string body;
  while (read_frame(head, body)) {
    const std::string signature = "sha256=" + trigger::hmac_sha256(secret, body);
    const http::Request request = request_of(head, std::move(body));
    const auto start = clock.monotonic();
    const http::Response response = answer_hook(request, context);
    const std::chrono::duration<double, std::micro> took = clock.monotonic() - start;
    const nlohmann::json line{{"status", response.status},
                              {"answer", response.body},
                              {"signature", signature},
                              {"micros", took.count()},
                              {"resident_kib", resident_kib()}};
    std::cout << line.dump() << std::endl;
  }
  const auto events = queue->open_events();
  std::cout << nlohmann::json{{"events", events ? events->size() : 0}}.dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace melisai::api

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return melisai::api::probe(argv[1], argv[2], argv[3]);
}
