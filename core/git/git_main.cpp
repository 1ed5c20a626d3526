// melisai-gate-git: answers one request about a git repository (stdin to stdout) and ends. It is a
// process of its own so that a server that stays silent, or an object that libgit2 chokes on, can
// be ended by a deadline; see README.md.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "core/git/answer.h"
#include "core/git/library.h"

#ifdef __SANITIZE_ADDRESS__
// libgit2 1.5 does not free what pcre2 allocates for a match; this process ends after one answer.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpcre2\n"; }
#endif

namespace {

constexpr size_t kRequestBytesMax = 1 << 20;

bool read_request(std::string& request) {
  char buffer[4096];
  while (true) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 || request.size() > kRequestBytesMax) return false;
    if (size == 0) return true;
    request.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) {
    std::fputs("melisai-gate-git is started by melisai-gate and takes one JSON request on stdin\n",
               stderr);
    return 2;
  }
  // Source code and tokens must not end up in a core file.
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  // Before the request is here: half of what a call takes is the start of libgit2.
  const melisai::git::Library library;
  std::string request;
  if (!read_request(request)) {
    std::fputs("melisai-gate-git: the request cannot be read or is longer than 1 MiB\n", stderr);
    return 2;
  }
  const std::string answer = melisai::git::answer(request) + "\n";
  const bool written = std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size();
  return std::fflush(stdout) == 0 && written ? 0 : 1;
}
