#include "core/symbols/elf_file.h"

#include <gelf.h>
#include <libelf.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/base/text.h"

namespace melisai::symbols {
namespace {

// elf.h of old kernels' headers lacks it; the number is of the gABI's GNU extension.
constexpr unsigned kTypeIfunc = 10;

constexpr std::size_t kCallBytesMax = 7;
using CodeBefore = std::array<unsigned char, kCallBytesMax>;  // a place, up to it

/// The last four bytes, little-endian as both machines' code is.
std::int32_t last_word(const CodeBefore& code) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < sizeof word; ++i)
    word |= std::uint32_t{code[code.size() - sizeof word + i]} << (8 * i);
  return static_cast<std::int32_t>(word);
}

std::uint64_t moved(std::uint64_t address, std::int64_t by) {
  return address + static_cast<std::uint64_t>(by);
}

/// Bytes of `CALL r/m64` with this operand: opcode, ModRM, SIB, displacement.
std::size_t size_of_indirect(unsigned char operand, unsigned char scaled) {
  const unsigned mode = operand >> 6;
  const unsigned base = operand & 7;
  const std::size_t with_sib = mode != 3 && base == 4 ? 3 : 2;
  const bool far = mode == 2 || (mode == 0 && (base == 5 || (base == 4 && (scaled & 7) == 5)));
  return with_sib + (far ? 4 : mode == 1 ? 1 : 0);
}

/// Intel's manual, volume 2, CALL: E8 rel32, counted from the next instruction, and FF /2.
std::optional<Call> call_of_x86(const CodeBefore& code, std::uint64_t address) {
  if (code[code.size() - 5] == 0xe8) return Call{moved(address, last_word(code))};
  for (std::size_t size = 2; size <= code.size(); ++size) {
    const std::size_t at = code.size() - size;
    const unsigned char operand = code[at + 1];
    if (code[at] == 0xff && (operand & 0x38) == 0x10 &&
        size_of_indirect(operand, size > 2 ? code[at + 2] : 0) == size)
      return Call{};
  }
  return std::nullopt;
}

/// The Arm manual, C6.2: BL, in 26 bits of words from itself, and BLR.
std::optional<Call> call_of_arm(const CodeBefore& code, std::uint64_t address) {
  const auto word = static_cast<std::uint32_t>(last_word(code));
  if (word >> 26 == 0x25) {
    const std::int32_t words = static_cast<std::int32_t>(word << 6) >> 6;
    return Call{moved(address - sizeof word, std::int64_t{words} * 4)};
  }
  return (word & 0xfffffc1fu) == 0xd63f0000u ? std::optional(Call{}) : std::nullopt;
}

Error bad_file(const std::string& name, const std::string& what) {
  return {Errc::parse, in_quotes(name) + ": " + what};
}

Error beyond(const std::string& name, const std::string& what) {
  return {Errc::limit, in_quotes(name) + ": " + what};
}

// Calls `each(section, header)` for every section until it returns false.
template <class Each>
void for_each_section(Elf* elf, Each each) {
  Elf_Scn* section = nullptr;
  for (std::size_t seen = 0; seen < kSectionsMax; ++seen) {
    section = elf_nextscn(elf, section);
    GElf_Shdr header;
    if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return;
    if (!each(section, header)) return;
  }
}

// What lies in the file; nothing for a section that is compressed, left out or too large.
std::optional<std::string_view> content_of(Elf_Scn* section, const GElf_Shdr& header,
                                           Bytes bytes_max) {
  if (header.sh_type == SHT_NOBITS || header.sh_size > bytes_max ||
      (header.sh_flags & SHF_COMPRESSED) != 0)
    return std::nullopt;
  const Elf_Data* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data->d_buf), data->d_size);
}

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

// The GNU build id among notes, "" when there is none.
std::string build_id_in(Elf_Data* notes) {
  GElf_Nhdr note;
  std::size_t name = 0;
  std::size_t content = 0;
  std::size_t next = 0;
  for (std::size_t at = 0; (next = gelf_getnote(notes, at, &note, &name, &content)) > 0;
       at = next) {
    const char* bytes = static_cast<const char*>(notes->d_buf);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
        std::memcmp(bytes + name, "GNU", sizeof "GNU") == 0 && note.n_descsz > 0 &&
        note.n_descsz <= kBuildIdBytesMax)
      return hex_of({bytes + content, note.n_descsz});
  }
  return "";
}

std::optional<DebugLink> debug_link_in(std::string_view content) {
  const std::size_t end = content.find('\0');
  // The checksum follows the name, on the next multiple of four.
  const std::size_t checksum = (end + 4) / 4 * 4;
  if (end == std::string_view::npos || end == 0 || checksum + 4 > content.size())
    return std::nullopt;
  DebugLink link{.name = std::string(content.substr(0, end))};
  if (link.name.find('/') != std::string::npos || link.name == "..") return std::nullopt;
  std::memcpy(&link.crc, content.data() + checksum, sizeof link.crc);
  return link;
}

std::optional<SymbolRank> rank_of(const GElf_Sym& symbol) {
  const unsigned type = GELF_ST_TYPE(symbol.st_info);
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || symbol.st_value == 0)
    return std::nullopt;
  if (type == STT_NOTYPE) return SymbolRank::untyped;
  if (type != STT_FUNC && type != kTypeIfunc) return std::nullopt;
  return GELF_ST_BIND(symbol.st_info) == STB_LOCAL ? SymbolRank::local : SymbolRank::exported;
}

// Assemblers leave labels among the symbols: ".L12", and "$x" on ARM.
bool is_function_name(std::string_view name) {
  return !name.empty() && name.size() <= kSymbolBytesMax && name[0] != '.' && name[0] != '$';
}

Result<SymbolTable> read_table(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, Bytes& left) {
  GElf_Shdr strings_header;
  Elf_Scn* strings_section = elf_getscn(elf, header.sh_link);
  if (strings_section == nullptr || gelf_getshdr(strings_section, &strings_header) == nullptr)
    return Error{Errc::parse, "its symbols have no names"};
  const bool fits = header.sh_size <= kTableBytesMax && header.sh_type != SHT_NOBITS &&
                    (header.sh_flags & SHF_COMPRESSED) == 0;
  if (!fits || strings_header.sh_size > kTableBytesMax)
    return Error{Errc::limit, "its table of symbols is too large"};
  // Twice: as libelf has them, for as long as the file is open, and as the table has them.
  const Bytes cost = 2 * (Bytes{header.sh_size} + Bytes{strings_header.sh_size});
  if (cost > left)
    return Error{Errc::limit, "the symbols of all files take more than " +
                                  format_bytes(kTablesBytesMax) + " of memory"};
  left -= cost;
  const auto strings = content_of(strings_section, strings_header, kTableBytesMax);
  if (!strings) return Error{Errc::parse, "the names of its symbols are damaged"};
  Elf_Data* symbols = elf_getdata(section, nullptr);
  const std::size_t entry = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
  if (symbols == nullptr || entry == 0)
    return Error{Errc::parse, "its table of symbols is damaged"};
  const std::size_t count = std::min(symbols->d_size / entry, kSymbolsMax);
  SymbolTable table(*strings);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(symbols, static_cast<int>(i), &symbol) == nullptr) break;
    const std::optional<SymbolRank> rank = rank_of(symbol);
    if (!rank || symbol.st_name >= strings->size()) continue;
    // A name that nothing ends is none: it would run into what follows the section. Nor is its end
    // looked for any further than a name may be long, or millions would each read all names.
    const std::string_view rest = strings->substr(symbol.st_name, kSymbolBytesMax + 1);
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) continue;
    const std::string_view name = rest.substr(0, end);
    if (is_function_name(name))
      table.add_named({symbol.st_value, symbol.st_size, name, *rank}, symbol.st_name);
  }
  table.finish();
  return table;
}

}  // namespace

void ElfFile::Closer::operator()(Elf* elf) const { elf_end(elf); }
ElfFile::ElfFile(ElfFile&&) noexcept = default;
ElfFile& ElfFile::operator=(ElfFile&&) noexcept = default;
ElfFile::~ElfFile() = default;

Result<ElfFile> ElfFile::open(Fd file, const std::string& name) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return error_from_errno(errno, in_quotes(name));
  if (!S_ISREG(status.st_mode)) return bad_file(name, "not a regular file");
  if (static_cast<Bytes>(status.st_size) > kFileBytesMax)
    return beyond(name, "larger than " + format_bytes(kFileBytesMax));
  elf_version(EV_CURRENT);
  ElfFile result;
  result.file_ = std::move(file);
  // Not ELF_C_READ_MMAP: who shortens a mapped file kills its readers.
  result.elf_.reset(elf_begin(result.file_.get(), ELF_C_READ, nullptr));
  if (!result.elf_ || elf_kind(result.elf_.get()) != ELF_K_ELF)
    return bad_file(name, "not an ELF file");
  MELISAI_CHECK(result.read_segments(name));
  MELISAI_CHECK(result.read_sections(name));
  result.read_build_id();
  return result;
}

Result<ElfFile> ElfFile::own_vdso() {
  const auto* image = reinterpret_cast<char*>(getauxval(AT_SYSINFO_EHDR));
  if (image == nullptr) return Error{Errc::unavailable, "this kernel maps no vdso into processes"};
  elf_version(EV_CURRENT);
  // The kernel made it, so its own header says where it ends: with the table of sections.
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(image);
  const std::size_t bytes = header->e_shoff + std::size_t{header->e_shnum} * header->e_shentsize;
  ElfFile result;
  result.elf_.reset(elf_memory(const_cast<char*>(image), bytes));
  if (!result.elf_) return bad_file("[vdso]", "not an ELF file");
  MELISAI_CHECK(result.read_segments("[vdso]"));
  MELISAI_CHECK(result.read_sections("[vdso]"));
  return result;
}

Result<void> ElfFile::read_segments(const std::string& name) {
  GElf_Ehdr file;
  if (gelf_getehdr(elf_.get(), &file) == nullptr) return bad_file(name, "its header is damaged");
  machine_ = file.e_machine;
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return bad_file(name, "its header is damaged");
  if (count > kSegmentsMax) return beyond(name, "too many segments");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr)
      return bad_file(name, "its table of segments is damaged");
    if (header.p_type == PT_LOAD && header.p_filesz > 0)
      segments_.push_back({header.p_offset, header.p_filesz, header.p_vaddr});
  }
  return {};
}

Result<void> ElfFile::read_sections(const std::string& name) {
  std::size_t count = 0;
  std::size_t names = 0;
  if (elf_getshdrnum(elf_.get(), &count) != 0) return bad_file(name, "its header is damaged");
  if (count > kSectionsMax) return beyond(name, "too many sections");
  // Without names (all stripped) there is only no link to a debug file.
  const bool named = elf_getshdrstrndx(elf_.get(), &names) == 0;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    has_symtab_ = has_symtab_ || (header.sh_type == SHT_SYMTAB && header.sh_size > 0);
    const char* title = named ? elf_strptr(elf_.get(), names, header.sh_name) : nullptr;
    if (title != nullptr && std::string_view(title) == ".gnu_debuglink")
      if (const auto content = content_of(section, header, kNoteBytesMax))
        debug_link_ = debug_link_in(*content);
    return true;
  });
  return {};
}

void ElfFile::read_build_id() {
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type != SHT_NOTE || header.sh_size > kNoteBytesMax) return true;
    Elf_Data* notes = elf_getdata(section, nullptr);
    if (notes != nullptr && notes->d_buf != nullptr) build_id_ = build_id_in(notes);
    return build_id_.empty();
  });
  // A file without sections still has its notes in a segment.
  std::size_t count = 0;
  if (!build_id_.empty() || elf_getphdrnum(elf_.get(), &count) != 0) return;
  for (std::size_t i = 0; i < count && build_id_.empty(); ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) return;
    if (header.p_type != PT_NOTE || header.p_filesz > kNoteBytesMax) continue;
    Elf_Data* notes = elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(header.p_offset),
                                           header.p_filesz, ELF_T_NHDR);
    if (notes != nullptr && notes->d_buf != nullptr) build_id_ = build_id_in(notes);
  }
}

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t offset) const {
  for (const Segment& segment : segments_)
    if (offset >= segment.offset && offset - segment.offset < segment.size)
      return offset - segment.offset + segment.address;
  return std::nullopt;
}

std::optional<Call> ElfFile::call_before(std::uint64_t offset) const {
  std::array<unsigned char, kCallBytesMax> code{};
  if (offset < code.size() || file_.get() < 0) return std::nullopt;
  const std::optional<std::uint64_t> begin = address_of(offset - code.size());
  if (!begin || pread(file_.get(), code.data(), code.size(),
                      static_cast<off_t>(offset - code.size())) != ssize_t{code.size()})
    return std::nullopt;
  const std::uint64_t address = *begin + code.size();
  if (machine_ == EM_X86_64) return call_of_x86(code, address);
  if (machine_ == EM_AARCH64) return call_of_arm(code, address);
  return std::nullopt;
}

Result<SymbolTable> ElfFile::symbols(Bytes& left) const {
  Result<SymbolTable> table = SymbolTable();
  for (const unsigned wanted : {unsigned{SHT_SYMTAB}, unsigned{SHT_DYNSYM}}) {
    for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
      if (header.sh_type != wanted) return true;
      table = read_table(elf_.get(), section, header, left);
      return false;
    });
    if (table && !table->empty()) break;
  }
  return table;
}

std::optional<Bytes> ElfFile::debug_bytes(Bytes bytes_max) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return std::nullopt;
  Bytes total = 0;
  bool fits = true;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    const char* title = elf_strptr(elf_.get(), names, header.sh_name);
    if (title == nullptr || header.sh_type == SHT_NOBITS) return true;
    // The old form of compression hides its size in the section itself; nobody writes it today.
    if (std::string_view(title).starts_with(".zdebug")) return fits = false;
    if (!std::string_view(title).starts_with(".debug")) return true;
    GElf_Chdr compressed;
    const bool packed = (header.sh_flags & SHF_COMPRESSED) != 0;
    if (packed && gelf_getchdr(section, &compressed) == nullptr) return fits = false;
    const Bytes size = packed ? Bytes{compressed.ch_size} : Bytes{header.sh_size};
    if (size > bytes_max - total) return fits = false;
    total += size;
    return true;
  });
  return fits ? std::optional(total) : std::nullopt;
}

}  // namespace melisai::symbols
