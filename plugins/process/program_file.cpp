#include "plugins/process/program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins {
namespace {

constexpr std::uint64_t kTableBytesMax = 64 << 20;  // of symbols, and of their names
constexpr std::size_t kFirstLineMax = 256;          // of a script, as the kernel reads it
constexpr int kInterpretersMax = 5;                 // a script's may be a script

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (fd_ >= 0 && fstat(fd_, &status) == 0 && S_ISREG(status.st_mode))
      size_ = static_cast<std::uint64_t>(status.st_size);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }
  bool read(std::uint64_t offset, void* to, std::size_t size) const {
    return holds(offset, size) &&
           pread(fd_, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

// A part of a file in memory; empty when it is not there or too large.
class Mapped {
 public:
  Mapped(const File& file, std::uint64_t offset, std::uint64_t size) {
    if (size == 0 || size > kTableBytesMax || !file.holds(offset, size)) return;
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    skipped_ = static_cast<std::size_t>(offset % page);
    mapped_bytes_ = skipped_ + static_cast<std::size_t>(size);
    start_ = mmap(nullptr, mapped_bytes_, PROT_READ, MAP_PRIVATE, file.fd(),
                  static_cast<off_t>(offset - skipped_));
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() {
    if (start_ != MAP_FAILED) munmap(start_, mapped_bytes_);
  }
  std::string_view bytes() const {
    if (start_ == MAP_FAILED) return {};
    return {static_cast<const char*>(start_) + skipped_, mapped_bytes_ - skipped_};
  }

 private:
  void* start_ = MAP_FAILED;
  std::size_t skipped_ = 0;
  std::size_t mapped_bytes_ = 0;
};

bool is_tracing_symbol(std::string_view name) {
  return name == "ptrace" || name == "__asan_init" || name == "__hwasan_init" ||
         name.starts_with("__lsan_");
}

// Nothing when the tables are not what they say.
std::optional<bool> has_tracing_symbol(const File& file, const Elf64_Shdr& symbols,
                                       const Elf64_Shdr& names) {
  if (symbols.sh_entsize != sizeof(Elf64_Sym)) return std::nullopt;
  const Mapped symbol_table(file, symbols.sh_offset, symbols.sh_size);
  const Mapped name_table(file, names.sh_offset, names.sh_size);
  const std::string_view entries = symbol_table.bytes();
  const std::string_view text = name_table.bytes();
  if (entries.empty() || text.empty()) return std::nullopt;
  for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= entries.size(); at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, entries.data() + at, sizeof symbol);
    if (symbol.st_name >= text.size()) return std::nullopt;
    const std::string_view rest = text.substr(symbol.st_name);
    if (is_tracing_symbol(rest.substr(0, rest.find('\0')))) return true;
  }
  return false;
}

std::optional<std::vector<Elf64_Shdr>> sections_of(const File& file) {
  Elf64_Ehdr header;
  if (!file.read(0, &header, sizeof header)) return std::nullopt;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0)
    return std::nullopt;
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  if (!file.read(header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr)))
    return std::nullopt;
  return sections;
}

// The interpreter that a script names in its first line; "" for anything else.
std::string interpreter_of(const std::string& path) {
  const auto head = read_text(path, kFirstLineMax);
  if (!head || !head->starts_with("#!")) return "";
  const std::string line = head->substr(2, head->find('\n') - 2);
  const auto parts = words(line);
  return parts.empty() ? "" : std::string(parts.front());
}

}  // namespace

bool may_trace_itself(const std::string& path) {
  const File file(path);
  const auto sections = sections_of(file);
  if (!sections) return true;
  for (const auto kind : {SHT_DYNSYM, SHT_SYMTAB}) {
    const auto found = std::find_if(sections->begin(), sections->end(), [&](const auto& section) {
      return section.sh_type == static_cast<Elf64_Word>(kind);
    });
    if (found == sections->end()) continue;
    if (found->sh_link >= sections->size()) return true;
    return has_tracing_symbol(file, *found, (*sections)[found->sh_link]).value_or(true);
  }
  return false;
}

bool preloads_leak_checker(std::string_view environment) {
  constexpr std::string_view kKey = "LD_PRELOAD=";
  for (std::size_t at = 0; at < environment.size();) {
    const std::string_view rest = environment.substr(at);
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(kKey) && (entry.find("asan") != std::string_view::npos ||
                                    entry.find("lsan") != std::string_view::npos))
      return true;
    at += entry.size() + 1;
  }
  return false;
}

bool changes_rights(std::string path, const std::string& root) {
  for (int depth = 0; depth < kInterpretersMax; ++depth) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if ((status.st_mode & (S_ISUID | S_ISGID)) != 0) return true;
    if (getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) return true;
    const std::string interpreter = interpreter_of(path);
    if (!interpreter.starts_with('/')) return !interpreter.empty();  // relative: cannot be told
    path = root + interpreter;
  }
  return true;
}

bool becomes_another(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "ash",     "bash",  "busybox", "capsh",   "cgexec",  "chroot", "chrt",    "coreutils",
      "dash",    "env",   "fish",    "flock",   "ionice",  "ksh",    "ksh93",   "mksh",
      "nice",    "nohup", "nsenter", "numactl", "prlimit", "rbash",  "setarch", "setpriv",
      "setsid",  "sh",    "stdbuf",  "taskset", "tcsh",    "time",   "timeout", "toybox",
      "unshare", "xargs", "yash",    "zsh",     "zsh5"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace melisai::plugins
