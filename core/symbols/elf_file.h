// One ELF file: what is needed to turn an offset in it into a symbol. The file may be hostile, as
// whoever wrote the benchmark wrote it too: nothing of it is mapped (it may shrink meanwhile), and
// every size has a limit. Owns libelf. Private to core/symbols.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/symbols/symbol_table.h"

struct Elf;

namespace melisai::symbols {

constexpr Bytes kFileBytesMax = Bytes{8} << 30;     ///< files with debug information are large
constexpr Bytes kTableBytesMax = Bytes{256} << 20;  ///< of one section of symbols, or of names
constexpr Bytes kTablesBytesMax = Bytes{1} << 30;   ///< of memory, for all files of a Symbolizer
constexpr std::size_t kSymbolsMax = 4'000'000;
constexpr std::size_t kSymbolBytesMax = 4'096;  ///< of one name; longer ones are left out
constexpr std::size_t kSegmentsMax = 4'096;
constexpr std::size_t kSectionsMax = 100'000;
constexpr std::size_t kNoteBytesMax = 64 << 10;
constexpr std::size_t kBuildIdBytesMax = 64;

/// The file with the symbols of a stripped one (.gnu_debuglink).
struct DebugLink {
  std::string name;
  std::uint32_t crc = 0;
};

/// A call in code of x86-64 or 64-bit Arm.
struct Call {
  std::optional<std::uint64_t> target;  ///< as the file counts; nothing when it is by a pointer
};

class ElfFile {
 public:
  /// Takes the descriptor. `name` is for messages. Errors: parse (no ELF file), limit, io.
  static Result<ElfFile> open(Fd file, const std::string& name);
  /// The object that the kernel maps into every process ([vdso]), from our own memory. Errors:
  /// unavailable (there is none), parse.
  static Result<ElfFile> own_vdso();

  ElfFile(ElfFile&&) noexcept;
  ElfFile& operator=(ElfFile&&) noexcept;
  ~ElfFile();

  /// The address that the file gives what lies at `offset` of it, by its loadable segments.
  std::optional<std::uint64_t> address_of(std::uint64_t offset) const;
  /// The call that stands just before `offset`; nothing where none does.
  std::optional<Call> call_before(std::uint64_t offset) const;
  const std::string& build_id() const { return build_id_; }  ///< lower-case hex, "" for none
  const std::optional<DebugLink>& debug_link() const { return debug_link_; }

  /// .symtab, else .dynsym. Empty for a file that is stripped altogether. `left`: the memory that
  /// tables may still take; less by what this one takes. Errors: limit, parse.
  Result<SymbolTable> symbols(Bytes& left) const;
  bool has_full_symbols() const { return has_symtab_; }

  /// The size of all debug sections when they are decompressed; nothing beyond `bytes_max`.
  std::optional<Bytes> debug_bytes(Bytes bytes_max) const;

  Elf* handle() const { return elf_.get(); }
  int fd() const { return file_.get(); }

 private:
  struct Closer {
    void operator()(Elf* elf) const;
  };
  struct Segment {
    std::uint64_t offset = 0, size = 0, address = 0;
  };
  ElfFile() = default;
  Result<void> read_segments(const std::string& name);
  Result<void> read_sections(const std::string& name);
  void read_build_id();

  Fd file_;
  std::unique_ptr<Elf, Closer> elf_;
  std::vector<Segment> segments_;
  std::string build_id_;
  std::optional<DebugLink> debug_link_;
  bool has_symtab_ = false;
  unsigned machine_ = 0;  // as elf.h names it
};

}  // namespace melisai::symbols
