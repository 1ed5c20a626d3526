#include "core/run/build_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/log.h"

namespace melisai::run {
namespace {

namespace fs = std::filesystem;

constexpr Bytes kMarkerMax = 4 << 20;
constexpr const char* kSlotLock = "/lock";
constexpr const char* kPassed = "/passed";  // below a build: its line may go on from it

/// Size, mode and modification time of every entry below `root`, so that a later check sees whether
/// anything was touched.
struct Inventory {
  std::string stamp;
  Bytes bytes = 0;
};

Inventory take_inventory(const std::string& root) {
  std::vector<std::string> lines;
  Inventory inventory;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status {};
    if (lstat(entry->path().c_str(), &status) != 0) continue;
    const bool directory = S_ISDIR(status.st_mode);
    inventory.bytes += static_cast<Bytes>(status.st_blocks) * 512;
    std::ostringstream line;
    line << entry->path().native().substr(root.size()) << ' ' << status.st_mode;
    // A directory's time changes with every temporary file in it; its entries are listed anyway.
    if (!directory)
      line << ' ' << status.st_size << ' ' << status.st_mtim.tv_sec << '.'
           << status.st_mtim.tv_nsec;
    lines.push_back(line.str());
  }
  std::sort(lines.begin(), lines.end());
  std::string all = error ? "unreadable: " + error.message() : "";
  for (const std::string& line : lines) all += line + '\n';
  inventory.stamp = hash_hex(all);
  return inventory;
}

std::string line_text_of(BuildKey key) {
  if (key.line.empty()) return "";
  key.sha.clear();
  return key.to_text();
}

/// Times of files mean nothing to a build tool when the clock was set back since.
bool is_of_the_past(const std::string& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  return !error && time <= fs::file_time_type::clock::now();
}

std::string marker_text(const std::string& key_text, const std::string& stamp) {
  return "stamp " + stamp + "\n" + key_text;
}

/// While locked. Its name goes first: a lock in a directory that has another name by then is none
/// (FileLock::take), so that nobody builds where something is still being removed. What a kill
/// leaves of it is evicted like any other build.
Result<void> remove_slot(const std::string& directory) {
  static std::atomic<unsigned> count = 0;
  const std::string gone =
      directory + ".gone-" + std::to_string(getpid()) + "-" + std::to_string(++count);
  const bool is_moved = rename(directory.c_str(), gone.c_str()) == 0;
  return remove_tree(is_moved ? gone : directory);
}

void append_stamp(std::string& text, const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;
  text += path + ' ' + std::to_string(status.st_size) + ' ' +
          std::to_string(status.st_mtim.tv_sec) + '\n';
}

}  // namespace

std::string BuildKey::to_text() const {
  std::ostringstream text;
  text << "commit " << sha << "\nmachine " << fingerprint << "\ntoolchain " << toolchain_stamp()
       << "\nsubmodules " << submodules << '\n';
  if (!trusted) text << "untrusted\n";
  for (const PipelineSpec& pipeline : pipelines) {
    text << "pipeline " << pipeline.name << '\n';
    text << (pipeline.run.shell.empty() ? "list" : "shell") << ' ' << pipeline.run.shell << '\n';
    for (const std::string& word : pipeline.run.argv) text << "word " << word << '\n';
    for (const auto& [name, value] : pipeline.env) text << "env " << name << '=' << value << '\n';
    for (const auto& [name, value] : pipeline.secret_env)
      text << "secret " << name << '=' << value << '\n';
    if (kept_for.empty()) continue;
    for (const std::string& path : pipeline.cache) text << "kept " << path << " of " << kept_for;
  }
  // Scratch space differs from job to job and does not reach a program.
  for (const std::string& variable : environment)
    if (!variable.starts_with("TMPDIR=") && !variable.starts_with("MELISAI_MACHINE_LOCK="))
      text << "caller " << variable << '\n';
  if (!line.empty()) text << "line " << line << '\n';
  return text.str();
}

std::string toolchain_stamp() {
  std::string text;
  for (const char* path : {"/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/etc/ld.so.cache"})
    append_stamp(text, path);
  const char* found = std::getenv("PATH");
  std::istringstream path(found != nullptr ? found : "/usr/bin:/bin");
  for (std::string directory; std::getline(path, directory, ':');)
    for (const char* tool : {"cc", "c++", "gcc", "g++", "clang", "clang++", "ld", "cmake", "make",
                             "cargo", "rustc", "go", "python3", "node", "java"})
      append_stamp(text, directory + "/" + tool);
  return hash_hex(text);
}

BuildCache::BuildCache(std::string state_dir, CacheOptions options)
    : directory_(std::move(state_dir) + "/builds"), options_(options) {}

Result<BuildSlot> BuildCache::acquire(const BuildKey& key, std::string_view random_hex) {
  BuildSlot slot;
  const bool shared = options_.enabled && !key.sha.empty();
  const std::string key_text = shared ? key.to_text() : "";
  const auto choose = [&](const std::string& name) {
    slot.directory_ = directory_ + "/" + name;
    slot.tree_ = slot.directory_ + "/tree";
  };
  const auto make_place = [&] { return make_directories(slot.directory_, {.private_mode = true}); };
  if (shared) {
    const std::string line_text = line_text_of(key);
    choose(hash_hex(line_text.empty() ? key_text : line_text));
    MELISAI_CHECK(make_place());
    slot.lock_ = FileLock::try_take(slot.directory_ + kSlotLock);
    if (slot.lock_) slot.key_text_ = key_text;
    if (slot.lock_) slot.line_text_ = line_text;
  }
  if (!slot.lock_) {
    choose(std::string(random_hex.substr(0, 16)));
    MELISAI_TRY(slot.lock_, FileLock::take_own(slot.directory_ + kSlotLock, make_place));
  }
  const Result<std::string> marker = read_file(slot.directory_ + "/built", kMarkerMax);
  if (shared && marker &&
      *marker == marker_text(slot.key_text_, take_inventory(slot.tree_).stamp)) {
    slot.reused_ = slot.keep_ = true;
    slot.goes_on_ = slot.of_line();
    unlink((slot.directory_ + kPassed).c_str());
    utimensat(AT_FDCWD, (slot.directory_ + "/built").c_str(), nullptr, 0);  // last use, for evict()
    return slot;
  }
  const Result<std::string> passed = read_file(slot.directory_ + kPassed, kMarkerMax);
  slot.goes_on_ = slot.of_line() && passed && *passed == slot.line_text_ &&
                  is_of_the_past(slot.directory_ + kPassed);
  unlink((slot.directory_ + "/built").c_str());
  unlink((slot.directory_ + kPassed).c_str());
  MELISAI_CHECK(remove_tree(slot.fresh()));
  if (slot.goes_on_) return slot;
  MELISAI_CHECK(remove_tree(slot.list()));
  MELISAI_CHECK(remove_tree(slot.tree_));
  MELISAI_CHECK(make_directories(slot.tree_, {.private_mode = true}));
  return slot;
}

Result<void> BuildSlot::commit() {
  if (key_text_.empty()) return {};
  MELISAI_CHECK(
      write_file(directory_ + "/built", marker_text(key_text_, take_inventory(tree_).stamp)));
  keep_ = true;
  return {};
}

Result<void> BuildSlot::pass() {
  if (!of_line() || !keep_) return {};
  return write_file(directory_ + kPassed, line_text_);
}

BuildSlot::BuildSlot(BuildSlot&& other) noexcept
    : directory_(std::move(other.directory_)),
      tree_(std::move(other.tree_)),
      key_text_(std::move(other.key_text_)),
      line_text_(std::move(other.line_text_)),
      lock_(std::exchange(other.lock_, std::nullopt)),
      reused_(other.reused_),
      goes_on_(other.goes_on_),
      keep_(other.keep_) {}

BuildSlot::~BuildSlot() {
  if (!lock_ || keep_) return;
  if (const auto removed = remove_slot(directory_); !removed) log_warning(removed.error().message);
}

void BuildCache::evict() {
  struct Entry {
    std::string directory;
    fs::file_time_type used;
    Bytes bytes;
  };
  std::vector<Entry> entries;
  std::error_code failed;
  for (fs::directory_iterator found(directory_, failed), end; !failed && found != end;
       found.increment(failed)) {
    const std::string directory = found->path().native();
    std::error_code error;
    const fs::file_time_type used = fs::last_write_time(directory + "/built", error);
    entries.push_back(
        {directory, error ? fs::file_time_type::min() : used, take_inventory(directory).bytes});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used > b.used; });
  const auto oldest = fs::file_time_type::clock::now() - options_.age_max;
  Bytes total = 0;
  for (const Entry& entry : entries) {
    total += entry.bytes;
    if (entry.used >= oldest && total <= options_.size_max) continue;
    const auto lock = FileLock::try_take(entry.directory + kSlotLock);
    if (!lock) continue;
    if (const auto removed = remove_slot(entry.directory); !removed)
      log_warning(removed.error().message);
  }
}

}  // namespace melisai::run
