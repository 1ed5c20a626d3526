#include "core/symbols/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/text.h"

namespace melisai::symbols {
namespace {

constexpr std::size_t kScopesMax = 16;  // within each other

Result<SourceLine> line_of(const char* file, int line) {
  if (file == nullptr || line < 1)
    return Error{Errc::not_found, "no line is known of this function"};
  return SourceLine{printable(std::string_view(file).substr(0, kPathBytesMax)), line};
}

// dwarf_decl_file() of elfutils 0.188 takes file 0 for none, which in DWARF 5 is the main one.
const char* file_of(Dwarf_Die* unit, Dwarf_Die* function) {
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_attr_integrate(function, DW_AT_decl_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &number) != 0 || dwarf_getsrcfiles(unit, &files, &count) != 0 ||
      number >= count)
    return nullptr;
  const char* file = dwarf_filesrc(files, number, nullptr, nullptr);
  return file == nullptr || std::string_view(file) == "???" ? nullptr : file;
}

/// libdw walks over all attributes of an entry whenever it looks for one.
bool take_entry(Dwarf_Die& entry, LineBudget& budget) {
  std::size_t attributes = 0;
  return dwarf_tag(&entry) != 0 && dwarf_getattrcnt(entry.abbrev, &attributes) == 0 &&
         budget.take_steps(attributes + 1);
}

/// Calls `each(start, end)` for what the entry covers. False when the budget ended.
template <class Each>
bool for_each_range(Dwarf_Die& entry, LineBudget& budget, Each each) {
  Dwarf_Addr base = 0;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  std::ptrdiff_t at = 0;
  while ((at = dwarf_ranges(&entry, at, &base, &start, &end)) > 0) {
    if (!budget.take_steps(1)) return false;
    if (start < end && start != 0) each(start, end);
  }
  return true;
}

bool is_scope(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block: return true;
    default: return false;
  }
}

/// The function in `unit` that covers `address`, if there is one. False when the budget ended. Not
/// dwarf_getfuncs(): that follows imported units, which a hostile file imports without end, and
/// tells of functions only. Units that others import have no code.
bool find_function(Dwarf_Die& unit, std::uint64_t address, LineBudget& budget,
                   std::optional<Dwarf_Die>& found) {
  std::vector<Dwarf_Die> path(1);
  if (dwarf_child(&unit, &path.back()) != 0) return true;
  while (!path.empty()) {
    Dwarf_Die entry = path.back();
    if (dwarf_tag(&entry) == 0) return true;  // damaged
    if (!take_entry(entry, budget)) return false;
    const int tag = dwarf_tag(&entry);
    bool covers = false;
    if (tag == DW_TAG_subprogram &&
        !for_each_range(entry, budget, [&](Dwarf_Addr start, Dwarf_Addr end) {
          covers = covers || (start <= address && address < end);
        }))
      return false;
    if (covers) {
      found = entry;
      return true;
    }
    Dwarf_Die next;
    if (is_scope(tag) && path.size() < kScopesMax && dwarf_child(&entry, &next) == 0) {
      path.push_back(next);
      continue;
    }
    while (!path.empty() && dwarf_siblingof(&path.back(), &next) != 0) path.pop_back();
    if (!path.empty()) path.back() = next;
  }
  return true;
}

/// Of the program at `offset` of .debug_line, as it says itself; nothing when it lies nowhere.
std::optional<std::uint64_t> line_program_bytes(Elf* elf, std::uint64_t offset) {
  constexpr std::uint32_t kLong = 0xffffffff;  // the size follows, in eight bytes
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) return std::nullopt;
    const char* title = elf_strptr(elf, names, header.sh_name);
    if (title == nullptr || std::string_view(title) != ".debug_line") continue;
    const Elf_Data* data = elf_getdata(section, nullptr);
    std::uint32_t bytes = 0;
    std::uint64_t long_bytes = 0;
    if (data == nullptr || data->d_buf == nullptr || offset > data->d_size ||
        data->d_size - offset < sizeof bytes + sizeof long_bytes)
      return std::nullopt;
    const char* program = static_cast<const char*>(data->d_buf) + offset;
    std::memcpy(&bytes, program, sizeof bytes);
    std::memcpy(&long_bytes, program + sizeof bytes, sizeof long_bytes);
    return bytes == kLong ? long_bytes : bytes;
  }
  return std::nullopt;
}

}  // namespace

void SourceLines::Closer::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

bool LineBudget::take_bytes(Bytes bytes) {
  if (bytes > bytes_) return false;
  bytes_ -= bytes;
  return true;
}

bool LineBudget::take_steps(std::size_t steps) {
  const bool fits = steps <= steps_ && SystemClock().monotonic() < end_;
  steps_ = fits ? steps_ - steps : 0;
  return fits;
}

LineBudget::Use::Use(LineBudget& budget) : budget_(budget) {
  budget_.end_ = SystemClock().monotonic() + budget_.time_;
}

LineBudget::Use::~Use() {
  budget_.time_ =
      std::max(budget_.end_ - SystemClock().monotonic(), std::chrono::nanoseconds::zero());
}

SourceLines::SourceLines(const Images& images, const ElfFile& image, const std::string& path,
                         LineBudget& budget)
    : budget_(budget), path_(path) {
  const LineBudget::Use use(budget_);
  // Its own first: a file that was not stripped has everything.
  open(image);
  if (!stretches_.empty() || !problem_.message.empty()) return;
  if (Result<ElfFile> debug = images.debug_file(image, path)) {
    separate_ = *std::move(debug);
    dwarf_.reset();
    open(*separate_);
  }
  if (stretches_.empty() && problem_.message.empty())
    problem_.message =
        in_quotes(path) + ": no debug information; build with -g to see file and line";
}

SourceLines::~SourceLines() = default;

void SourceLines::open(const ElfFile& file) {
  const std::optional<Bytes> bytes = file.debug_bytes(budget_.bytes_left());
  if (!bytes || !budget_.take_bytes(*bytes)) {
    problem_ = {Errc::limit, in_quotes(path_) + ": with that of other files more than " +
                                 format_bytes(kDebugBytesMax) + " of debug information"};
    return;
  }
  dwarf_.reset(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr));
  read_units();
}

void SourceLines::give_up() {
  stretches_.clear();
  problem_ = {Errc::limit, in_quotes(path_) + ": its debug information takes too long to read"};
}

// .debug_aranges would say the same, but clang writes none.
void SourceLines::read_units() {
  if (!dwarf_) return;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  for (std::size_t seen = 0; seen < kUnitsMax; ++seen) {
    Dwarf_Half version = 0;
    std::uint8_t type = 0;
    if (dwarf_get_units(dwarf_.get(), unit, &unit, &version, &type, &die, nullptr) != 0) break;
    const std::uint64_t offset = dwarf_dieoffset(&die);
    if (dwarf_tag(&die) == 0) continue;
    if (!take_entry(die, budget_) ||
        !for_each_range(die, budget_, [&](Dwarf_Addr start, Dwarf_Addr end) {
          stretches_.push_back({start, end, offset});
        }))
      return give_up();
  }
  std::sort(stretches_.begin(), stretches_.end(),
            [](const Stretch& a, const Stretch& b) { return a.start < b.start; });
}

// A byte of a line program is a line of a hundred bytes of memory, at worst.
bool SourceLines::may_read_lines(std::uint64_t offset) {
  if (lines_read_.contains(offset)) return true;
  Dwarf_Die unit;
  Dwarf_Attribute attribute;
  Dwarf_Word program = 0;
  if (dwarf_offdie(dwarf_.get(), offset, &unit) == nullptr ||
      dwarf_attr(&unit, DW_AT_stmt_list, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &program) != 0)
    return true;  // there are none
  const auto bytes = line_program_bytes(dwarf_getelf(dwarf_.get()), program);
  if (!bytes) return true;
  if (!budget_.take_steps(*bytes)) return false;
  lines_read_.insert(offset);
  return true;
}

std::optional<std::uint64_t> SourceLines::unit_at(std::uint64_t address) const {
  const auto after = std::upper_bound(
      stretches_.begin(), stretches_.end(), address,
      [](std::uint64_t wanted, const Stretch& stretch) { return wanted < stretch.start; });
  if (after == stretches_.begin() || address >= std::prev(after)->end) return std::nullopt;
  return std::prev(after)->unit;
}

Result<SourceLine> SourceLines::instruction_at(std::uint64_t address) {
  if (!problem_.message.empty()) return problem_;
  const std::optional<std::uint64_t> offset = unit_at(address);
  Dwarf_Die unit;
  if (!offset || dwarf_offdie(dwarf_.get(), *offset, &unit) == nullptr)
    return Error{Errc::not_found, "no debug information covers this function"};
  if (!may_read_lines(*offset)) {
    give_up();
    return problem_;
  }
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  int number = 0;
  const char* file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
  if (file == nullptr || dwarf_lineno(line, &number) != 0) number = 0;
  return line_of(file, number);
}

Result<SourceLine> SourceLines::at(std::uint64_t address) {
  const LineBudget::Use use(budget_);
  return instruction_at(address);
}

Result<SourceLine> SourceLines::of_function(std::uint64_t address) {
  const LineBudget::Use use(budget_);
  const std::optional<std::uint64_t> offset =
      problem_.message.empty() ? unit_at(address) : std::nullopt;
  Dwarf_Die unit;
  if (!offset || dwarf_offdie(dwarf_.get(), *offset, &unit) == nullptr)
    return instruction_at(address);
  std::optional<Dwarf_Die> function;
  if (!find_function(unit, address, budget_, function) || !may_read_lines(*offset)) {
    give_up();
    return problem_;
  }
  int number = 0;
  if (function && dwarf_decl_line(&*function, &number) == 0)
    if (Result<SourceLine> line = line_of(file_of(&unit, &*function), number)) return line;
  return instruction_at(address);
}

}  // namespace melisai::symbols
