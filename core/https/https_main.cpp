// melisai-gate-https: gives one request to one server and prints its answer (README.md).
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "core/https/call.h"
#include "core/https/request.h"

namespace {

using nlohmann::json;

constexpr std::size_t kRequestBytesMax = 8 << 20;

bool read_all(std::string& text) {
  char buffer[16 << 10];
  while (true) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 || text.size() > kRequestBytesMax) return false;
    if (size == 0) return true;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

bool print(const json& head, const std::string& body) {
  const std::string line = head.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
         std::fwrite(body.data(), 1, body.size(), stdout) == body.size() &&
         std::fflush(stdout) == 0;
}

std::string name_of(melisai::Errc code) {
  switch (code) {
    case melisai::Errc::usage: return "usage";
    case melisai::Errc::io: return "io";
    case melisai::Errc::timeout: return "timeout";
    case melisai::Errc::limit: return "limit";
    default: return "unavailable";
  }
}

bool print_failure(const melisai::Error& error) {
  return print({{"failed", name_of(error.code)}, {"message", error.message}}, "");
}

bool answer(const std::string& text) {
  const auto request = melisai::https::read_request(text);
  if (!request) return print_failure(request.error());
  const auto answer = melisai::https::call(*request);
  if (!answer) return print_failure(answer.error());
  return print({{"status", answer->status}, {"headers", answer->headers}}, answer->body);
}

int failed(const char* message) {
  std::fprintf(stderr, "%s\n", message);
  return 2;
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1)
    return failed(
        "melisai-gate-https is started by melisai-gate and takes one JSON request on stdin");
  // Tokens must not end up in a core file.
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  std::string text;
  if (!read_all(text)) return failed("the request cannot be read or is longer than 8 MiB");
  return answer(text) ? 0 : failed("nobody reads the answer");
}
