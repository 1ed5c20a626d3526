#include "core/run/kept_paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/copy_tree.h"
#include "core/base/file_lock.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/log.h"

namespace melisai::run {
namespace {

namespace fs = std::filesystem;

// Below an entry. The mark is what makes it one: it is written last and removed first.
constexpr const char* kFiles = "/files";
constexpr const char* kNewFiles = "/files.new";
constexpr const char* kMark = "/kept";  // "BYTES\n" and whose it is; its time is that of saving
constexpr const char* kUsed = "/used";  // its time is that of the last use
constexpr const char* kLock = "/lock";
constexpr Bytes kMarkMax = 1 << 20;

using FileTime = fs::file_time_type;

FileTime time_of(const std::string& path) {
  std::error_code error;
  const FileTime time = fs::last_write_time(path, error);
  return error ? FileTime::min() : time;
}

bool is_older(const std::string& path, Milliseconds age_max) {
  return time_of(path) < FileTime::clock::now() - age_max;
}

Bytes bytes_of(const std::string& entry) {
  const auto mark = read_file(entry + kMark, kMarkMax);
  return mark ? std::strtoull(mark->c_str(), nullptr, 10) : 0;
}

}  // namespace

KeptPaths::KeptPaths(std::string state_dir, CacheOptions options, KeptOwner owner)
    : directory_(std::move(state_dir) + "/cache"), options_(options), owner_(std::move(owner)) {}

std::string text_of(const KeptOwner& owner) {
  return "project " + owner.project + "\nbranch " + owner.branch + "\n" +
         (owner.trusted ? "trusted" : "untrusted") + "\n";
}

std::string KeptPaths::key_text(const PipelineSpec& pipeline) const {
  std::string text = text_of(owner_) + "pipeline " + pipeline.name + "\n";
  for (const std::string& path : pipeline.cache) text += "path " + path + "\n";
  return text;
}

std::string KeptPaths::entry_of(const PipelineSpec& pipeline) const {
  return directory_ + "/" + hash_hex(key_text(pipeline));
}

bool KeptPaths::is_for(const PipelineSpec& pipeline) const {
  return options_.enabled && owner_.trusted && !pipeline.cache.empty();
}

Result<bool> KeptPaths::restore(const PipelineSpec& pipeline, const std::string& tree) {
  if (!is_for(pipeline)) return false;
  const std::string entry = entry_of(pipeline);
  if (access((entry + kMark).c_str(), F_OK) != 0) return false;
  const auto lock = FileLock::try_take(entry + kLock);
  if (!lock) return false;
  const auto mark = read_file(entry + kMark, kMarkMax);
  if (!mark || mark->substr(mark->find('\n') + 1) != key_text(pipeline)) return false;
  if (is_older(entry + kMark, options_.age_max)) return false;
  Bytes left = options_.size_max;
  for (const std::string& path : pipeline.cache) {
    const Result<Bytes> copied =
        copy_tree({.from = entry + kFiles, .to = tree, .path = path, .bytes_max = left});
    if (!copied && copied.error().code == Errc::not_found) continue;
    if (!copied) {
      (void)remove_tree(entry + kMark);  // so that the next attempt gets further
      return copied.error();
    }
    left -= *copied;
  }
  utimensat(AT_FDCWD, (entry + kUsed).c_str(), nullptr, 0);
  return true;
}

Result<void> KeptPaths::save(const PipelineSpec& pipeline, const std::string& tree) {
  if (!is_for(pipeline)) return {};
  const std::string entry = entry_of(pipeline);
  MELISAI_CHECK(make_directories(entry, {.private_mode = true}));
  const auto lock = FileLock::try_take(entry + kLock);
  if (!lock) return {};  // a run of the same pipeline is at it: as good as ours
  MELISAI_CHECK(remove_tree(entry + kNewFiles));
  MELISAI_CHECK(make_directories(entry + kNewFiles, {.private_mode = true}));
  Bytes bytes = 0;
  for (const std::string& path : pipeline.cache) {
    const Result<Bytes> copied = copy_tree({.from = tree,
                                            .to = entry + kNewFiles,
                                            .path = path,
                                            .bytes_max = options_.size_max - bytes});
    if (!copied && copied.error().code == Errc::not_found) continue;
    if (!copied) {
      (void)remove_tree(entry + kNewFiles);  // the first error is the one to tell
      return copied.error();
    }
    bytes += *copied;
  }
  MELISAI_CHECK(remove_tree(entry + kMark));
  MELISAI_CHECK(remove_tree(entry + kFiles));
  if (rename((entry + kNewFiles).c_str(), (entry + kFiles).c_str()) != 0)
    return error_from_errno(errno, "cannot rename " + entry + kNewFiles);
  MELISAI_CHECK(write_file(entry + kUsed, ""));
  return write_file(entry + kMark, std::to_string(bytes) + "\n" + key_text(pipeline));
}

void KeptPaths::evict() {
  if (!owner_.trusted) return;
  struct Entry {
    std::string directory;
    FileTime used;
  };
  std::vector<Entry> entries;
  std::error_code failed;
  for (fs::directory_iterator found(directory_, failed), end; !failed && found != end;
       found.increment(failed))
    entries.push_back({found->path().native(), time_of(found->path().native() + kUsed)});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used > b.used; });
  Bytes total = 0;
  for (const Entry& entry : entries) {
    total += bytes_of(entry.directory);
    const bool stays = options_.enabled && total <= options_.size_max &&
                       !is_older(entry.directory + kMark, options_.age_max);
    if (stays) continue;
    const auto lock = FileLock::try_take(entry.directory + kLock);
    if (!lock) continue;
    total -= bytes_of(entry.directory);
    if (const auto removed = remove_tree(entry.directory); !removed)
      log_warning(removed.error().message);
  }
}

}  // namespace melisai::run
