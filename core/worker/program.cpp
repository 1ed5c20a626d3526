#include "core/worker/program.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "core/base/text.h"
#include "core/worker/file_checks.h"
#include "core/worker/privileges.h"

namespace melisai::worker {
namespace {

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return std::string(name) + "=" + (value != nullptr ? value : otherwise);
}

Result<void> execute(const std::string& given) {
  MELISAI_TRY(std::string path, check_program(given));
  MELISAI_CHECK(keep_capabilities(0));
  std::string search = variable("PATH", "/usr/local/bin:/usr/bin:/bin");
  std::string language = "LANG=C.UTF-8";
  std::string home = variable("HOME", "/");
  const std::array<char*, 2> arguments = {path.data(), nullptr};
  const std::array<char*, 4> environment = {search.data(), language.data(), home.data(), nullptr};
  execve(path.c_str(), arguments.data(), environment.data());
  return error_from_errno(errno, "cannot start " + printable(path));
}

}  // namespace

Error become_program(const std::string& path) { return execute(path).error(); }

}  // namespace melisai::worker
