#include "core/base/local_repository.h"

#include <filesystem>

#include "core/base/text.h"

namespace melisai {

namespace fs = std::filesystem;

std::string local_repository_problem(std::string_view address) {
  constexpr std::string_view kScheme = "file://";
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  // What is encoded is left to those who read it.
  if (!address.starts_with('/') || address.find('%') != std::string_view::npos) return "";
  const fs::path path(address);
  const std::string shown = printable(std::string(address));
  std::error_code error;
  const fs::file_status found = fs::status(path, error);
  if (found.type() == fs::file_type::not_found) return shown + " does not exist";
  if (error) return "";
  if (!fs::is_directory(found)) return shown + " is no directory";
  for (const char* const part : {"HEAD", ".git"}) {
    const bool is_there = fs::exists(path / part, error);
    if (is_there || error) return "";
  }
  return shown + " is no git repository: it has neither HEAD nor .git";
}

}  // namespace melisai
