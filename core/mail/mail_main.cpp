// melisai-gate-mail: gives one message to one mail server (README.md).
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "core/mail/request.h"
#include "core/mail/send.h"

namespace {

constexpr std::size_t kRequestBytesMax = 1 << 20;

bool read_all(std::string& text) {
  char buffer[4096];
  while (true) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 || text.size() > kRequestBytesMax) return false;
    if (size == 0) return true;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

int failed(const std::string& message, int code) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return code;
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1)
    return failed(
        "melisai-gate-mail is started by melisai-gate and takes one JSON request on stdin", 2);
  // Passwords must not end up in a core file.
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  std::string text;
  if (!read_all(text)) return failed("the request cannot be read or is longer than 1 MiB", 2);
  const auto request = melisai::mail::read_request(text);
  if (!request) return failed(request.error().message, 2);
  const auto sent = melisai::mail::send(*request);
  return sent ? 0 : failed(sent.error().message, 1);
}
