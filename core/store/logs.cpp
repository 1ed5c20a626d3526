#include "core/store/logs.h"

#include <filesystem>
#include <system_error>

#include "core/base/files.h"
#include "core/base/log.h"

namespace melisai::store {
namespace {

std::string logs_of(const std::string& state_dir) { return state_dir + "/logs"; }

}  // namespace

std::string log_path(const std::string& state_dir, const LogName& name) {
  return logs_of(state_dir) + "/" + std::to_string(name.run) + "/" + std::to_string(name.number) +
         ".log";
}

bool keep_log(const std::string& source, const std::string& target) {
  const std::string text = file_tail(source, kLogMax);
  if (text.empty()) return false;
  auto kept =
      make_directories(target.substr(0, target.rfind('/')), DirectoryOptions{.private_mode = true});
  if (kept) kept = write_file(target, text);
  if (!kept) log_warning("a log is not kept: " + kept.error().message);
  return kept.has_value();
}

Result<void> remove_other_logs(const std::string& state_dir, const std::set<RunId>& runs) {
  std::set<std::string> names;
  for (const RunId run : runs) names.insert(std::to_string(run));
  std::error_code error;
  std::vector<std::string> others;
  std::filesystem::directory_iterator entry(logs_of(state_dir), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (!names.contains(entry->path().filename().native()))
      others.push_back(entry->path().native());
  Result<void> result;
  for (const std::string& other : others)
    if (auto removed = remove_tree(other); !removed && result) result = std::move(removed);
  return result;
}

Bytes size_of_logs(const std::string& state_dir) {
  Bytes bytes = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(logs_of(state_dir), error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code unreadable;
    if (!entry->is_regular_file(unreadable)) continue;
    const auto size = entry->file_size(unreadable);
    if (!unreadable) bytes += size;
  }
  return bytes;
}

}  // namespace melisai::store
