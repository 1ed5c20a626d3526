// What debug information may cost that somebody made to cost much. Real one: symbols_test.cpp.
#include "core/symbols/source_lines.h"

#include <dwarf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/symbols/symbols.h"
#include "tests/unit/symbols/elf_fixture.h"

namespace melisai::symbols {
namespace source_lines_test {

using ::testing::HasSubstr;

constexpr std::uint64_t kCode = 0x401000;
constexpr std::size_t kRanges = 3'000;                   // in the list that all share
constexpr std::uint32_t kOneRange = (kRanges + 1) * 16;  // where the list of one range begins

template <class T>
std::string raw(T value) {
  return made::bytes_of(value);
}

std::string attribute(int name, int form) {
  return {static_cast<char>(name), static_cast<char>(form)};
}

// A unit (1), one with children (2), and a function (3): each has nothing but ranges.
std::string abbreviations() {
  const auto one = [](char code, int tag, int children) {
    return std::string{code, static_cast<char>(tag), static_cast<char>(children)} +
           attribute(DW_AT_ranges, DW_FORM_sec_offset) + attribute(0, 0);
  };
  return one(1, DW_TAG_compile_unit, 0) + one(2, DW_TAG_compile_unit, 1) +
         one(3, DW_TAG_subprogram, 0) + '\0';
}

// Many ranges that cover no code of the file; then one that does.
std::string ranges() {
  std::string list;
  for (std::uint64_t i = 0; i < kRanges; ++i) list += raw(0x1000 + i) + raw(0x1001 + i);
  list += raw(std::uint64_t{0}) + raw(std::uint64_t{0});
  list += raw(kCode) + raw(kCode + 0x100);
  return list + raw(std::uint64_t{0}) + raw(std::uint64_t{0});
}

std::string unit(const std::string& entries) {
  const std::string body =
      raw(std::uint16_t{4}) + raw(std::uint32_t{0}) + raw(std::uint8_t{8}) + entries;
  return raw(static_cast<std::uint32_t>(body.size())) + body;
}

std::string entry(char code, std::uint32_t list) { return code + raw(list); }

class HostileLines : public ::testing::Test {
 protected:
  Result<SourceLine> line_in(const std::string& units) {
    const std::string path = write_bytes(directory_.path() + "/app",
                                         elf_bytes({.symtab = {{"first", kCode, 0x20}},
                                                    .more = {{".debug_info", units},
                                                             {".debug_abbrev", abbreviations()},
                                                             {".debug_ranges", ranges()}}}));
    return symbolizer_.line_of(
        symbolizer_.resolve_in(symbolizer_.image(1, {.path = path}), {0x1000, true}));
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "lines-");
  Symbolizer symbolizer_{
      Roots{.proc = directory_.path() + "/proc", .debug = directory_.path() + "/debug"}};
};

TEST_F(HostileLines, AreReadWhereTheyAreFew) {
  const auto line = line_in(unit(entry(2, kOneRange) + entry(3, 0) + entry(3, kOneRange) + '\0'));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::not_found) << line.error().message;
  EXPECT_THAT(line.error().message, HasSubstr("no line is known")) << "but the unit is found";
}

TEST_F(HostileLines, EndWhereUnitsShareALongListOfRanges) {
  std::string units = unit(entry(1, kOneRange));
  for (std::size_t i = 0; i < kDebugStepsMax / kRanges + 1; ++i) units += unit(entry(1, 0));
  const auto line = line_in(units);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::limit) << line.error().message;
  EXPECT_THAT(line.error().message, HasSubstr("takes too long"));
}

TEST_F(HostileLines, EndWhereFunctionsShareALongListOfRanges) {
  std::string entries = entry(2, kOneRange);
  for (std::size_t i = 0; i < kDebugStepsMax / kRanges + 1; ++i) entries += entry(3, 0);
  const auto line = line_in(unit(entries + entry(3, kOneRange) + '\0'));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Errc::limit) << line.error().message;
}

TEST(LineBudget, IsSpentOnceForAllFiles) {
  LineBudget budget;
  const LineBudget::Use use(budget);
  EXPECT_TRUE(budget.take_bytes(kDebugBytesMax - 1));
  EXPECT_FALSE(budget.take_bytes(2));
  EXPECT_TRUE(budget.take_steps(kDebugStepsMax - 1));
  EXPECT_FALSE(budget.take_steps(2));
  EXPECT_FALSE(budget.take_steps(1)) << "nor is there anything left";
}

}  // namespace source_lines_test
}  // namespace melisai::symbols
