// What is mapped into a process, and the file that it comes from. A file is opened where the
// process sees it, and taken only when it is the one that was mapped: symbols of another build
// would name functions that never ran.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/symbols/elf_file.h"

namespace melisai::symbols {

constexpr std::size_t kPathBytesMax = 4'096;
constexpr std::size_t kMappingsMax = 65'530;  ///< of a process: the kernel's vm.max_map_count

/// One stretch of a process's addresses, as /proc/PID/maps and perf's MMAP2 records have it.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;          ///< past its last byte
  std::uint64_t file_offset = 0;  ///< of `start`
  std::string path;               ///< as the process sees it; "", "[vdso]", "//anon", "x (deleted)"
  std::uint64_t inode = 0;        ///< 0: not known
  std::string build_id;           ///< lower-case hex; "" when not known
  bool operator==(const Mapping&) const = default;
};

/// The executable mappings in the text of /proc/PID/maps; lines of another shape are skipped. At
/// most kMappingsMax.
std::vector<Mapping> parse_maps(std::string_view maps);

/// Whether code behind it comes from a file: not "[vdso]", anonymous or shared memory.
bool is_file(const Mapping& mapping);
/// "/usr/lib/libc.so.6 (deleted)" -> "/usr/lib/libc.so.6"
std::string plain_path(const Mapping& mapping);

struct Roots {
  std::string proc = "/proc";
  std::string debug = "/usr/lib/debug";
};

class Images {
 public:
  explicit Images(Roots roots) : roots_(std::move(roots)) {}

  /// The file behind `mapping` of `pid`: seen from that process's root while it lives, the deleted
  /// file itself where we may, else the path here. Errors: not_found (gone, or another file lies
  /// there now), parse, limit, io.
  Result<ElfFile> open(std::uint32_t pid, const Mapping& mapping) const;

  /// Symbols of `image`, from its own .symtab, else from its debug file, else .dynsym. `left`: as
  /// ElfFile::symbols.
  Result<SymbolTable> symbols(const ElfFile& image, const std::string& path, Bytes& left) const;
  /// A separate file with debug information of the same build; not_found when there is none.
  Result<ElfFile> debug_file(const ElfFile& image, const std::string& path) const;

 private:
  Roots roots_;
};

}  // namespace melisai::symbols
