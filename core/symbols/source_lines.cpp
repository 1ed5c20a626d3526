#include "core/symbols/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <string_view>

#include "core/base/text.h"

namespace melisai::symbols {
namespace {

constexpr std::size_t kFunctionsMax = 1'000'000;  // looked at in one unit

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

struct Wanted {
  Dwarf_Die* unit = nullptr;
  std::uint64_t address = 0;
  std::size_t looked_at = 0;
  std::optional<SourceLine> found{};
};

int look_at_function(Dwarf_Die* function, void* data) {
  auto& wanted = *static_cast<Wanted*>(data);
  if (++wanted.looked_at > kFunctionsMax) return DWARF_CB_ABORT;
  if (dwarf_haspc(function, wanted.address) <= 0) return DWARF_CB_OK;
  int number = 0;
  const char* file = file_of(wanted.unit, function);
  if (dwarf_decl_line(function, &number) == 0)
    if (Result<SourceLine> line = line_of(file, number)) wanted.found = *std::move(line);
  return DWARF_CB_ABORT;
}

}  // namespace

void SourceLines::Closer::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

SourceLines::SourceLines(const Images& images, const ElfFile& image, const std::string& path) {
  // Its own first: a file that was not stripped has everything.
  const auto open = [&](const ElfFile& file) {
    if (!file.debug_fits(kDebugBytesMax)) {
      problem_ =
          in_quotes(path) + ": more than " + format_bytes(kDebugBytesMax) + " of debug information";
      return;
    }
    dwarf_.reset(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr));
    read_units();
  };
  open(image);
  if (!stretches_.empty() || !problem_.empty()) return;
  if (Result<ElfFile> debug = images.debug_file(image, path)) {
    separate_ = *std::move(debug);
    dwarf_.reset();
    open(*separate_);
  }
  if (stretches_.empty() && problem_.empty())
    problem_ = in_quotes(path) + ": no debug information; build with -g to see file and line";
}

SourceLines::~SourceLines() = default;

// .debug_aranges would say the same, but clang writes none.
void SourceLines::read_units() {
  if (!dwarf_) return;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  for (std::size_t seen = 0; seen < kUnitsMax; ++seen) {
    Dwarf_Half version = 0;
    std::uint8_t type = 0;
    if (dwarf_get_units(dwarf_.get(), unit, &unit, &version, &type, &die, nullptr) != 0) break;
    Dwarf_Addr base = 0;
    Dwarf_Addr start = 0;
    Dwarf_Addr end = 0;
    std::ptrdiff_t at = 0;
    while ((at = dwarf_ranges(&die, at, &base, &start, &end)) > 0)
      if (start < end && start != 0 && stretches_.size() < kSymbolsMax)
        stretches_.push_back({start, end, dwarf_dieoffset(&die)});
  }
  std::sort(stretches_.begin(), stretches_.end(),
            [](const Stretch& a, const Stretch& b) { return a.start < b.start; });
}

std::optional<std::uint64_t> SourceLines::unit_at(std::uint64_t address) const {
  const auto after = std::upper_bound(
      stretches_.begin(), stretches_.end(), address,
      [](std::uint64_t wanted, const Stretch& stretch) { return wanted < stretch.start; });
  if (after == stretches_.begin() || address >= std::prev(after)->end) return std::nullopt;
  return std::prev(after)->unit;
}

Result<SourceLine> SourceLines::at(std::uint64_t address) {
  if (!problem_.empty()) return Error{Errc::not_found, problem_};
  const std::optional<std::uint64_t> offset = unit_at(address);
  Dwarf_Die unit;
  if (!offset || dwarf_offdie(dwarf_.get(), *offset, &unit) == nullptr)
    return Error{Errc::not_found, "no debug information covers this function"};
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  int number = 0;
  const char* file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
  if (file == nullptr || dwarf_lineno(line, &number) != 0) number = 0;
  return line_of(file, number);
}

Result<SourceLine> SourceLines::of_function(std::uint64_t address) {
  const std::optional<std::uint64_t> offset = problem_.empty() ? unit_at(address) : std::nullopt;
  Dwarf_Die unit;
  if (!offset || dwarf_offdie(dwarf_.get(), *offset, &unit) == nullptr) return at(address);
  Wanted wanted{.unit = &unit, .address = address};
  dwarf_getfuncs(&unit, &look_at_function, &wanted, 0);
  return wanted.found ? Result<SourceLine>(*std::move(wanted.found)) : at(address);
}

}  // namespace melisai::symbols
