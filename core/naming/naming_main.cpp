// melisai-gate-symbols: answers requests for names of stacks until its input ends (README.md).
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/naming/answerer.h"
#include "core/naming/confine.h"

namespace {

using melisai::naming::Answerer;

int failed(const std::string& message, int code) {
  std::fprintf(stderr, "melisai-gate-symbols: %s\n", message.c_str());
  return code;
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// The next request, which is the only one: the other side waits for its answer. False at the end of
// the input.
bool read_request(std::string& text) {
  text.clear();
  while (!melisai::naming::is_whole(text)) {
    if (text.size() > melisai::naming::kRequestBytesMax) return false;
    char part[64 << 10];
    const ssize_t size = read(STDIN_FILENO, part, sizeof part);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.append(part, static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool living = argc == 2 && std::string_view(argv[1]) == melisai::naming::kLivingOption;
  if (argc > (living ? 2 : 1))
    return failed("started by melisai-gate; takes requests on standard input", 2);
  if (const auto confined = melisai::naming::confine(living); !confined)
    return failed(confined.error().message, 1);
  Answerer answerer;
  std::string request;
  while (read_request(request))
    if (!write_all(answerer.answer(request))) return 1;
  return 0;
}
