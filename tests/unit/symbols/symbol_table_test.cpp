#include "core/symbols/symbol_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace melisai::symbols {
namespace {

std::string name_at(const SymbolTable& table, std::uint64_t address) {
  const std::optional<Symbol> found = table.find(address);
  return found ? std::string(found->name) : "";
}

SymbolTable table_of(const std::vector<Symbol>& symbols) {
  SymbolTable table;
  for (const Symbol& symbol : symbols) table.add(symbol);
  table.finish();
  return table;
}

TEST(SymbolTable, FindsTheFunctionThatCoversAnAddress) {
  const SymbolTable table = table_of({{0x200, 0x40, "second"}, {0x100, 0x40, "first"}});
  EXPECT_EQ(name_at(table, 0x0ff), "");
  EXPECT_EQ(name_at(table, 0x100), "first");
  EXPECT_EQ(name_at(table, 0x13f), "first");
  EXPECT_EQ(name_at(table, 0x140), "") << "a gap between functions is nobody's";
  EXPECT_EQ(name_at(table, 0x23f), "second");
  EXPECT_EQ(name_at(table, ~std::uint64_t{0}), "");
  EXPECT_EQ(name_at(table_of({}), 0x100), "");
}

TEST(SymbolTable, ExtendsWhatHasNoSizeUpToTheNext) {
  const SymbolTable table = table_of({{0x100, 0, "asm"}, {0x180, 0x10, "next"}});
  EXPECT_EQ(name_at(table, 0x17f), "asm");
  EXPECT_EQ(name_at(table, 0x18f), "next");
  EXPECT_EQ(name_at(table, 0x190), "") << "asm ends where next begins";
}

TEST(SymbolTable, FindsTheInnermostOfNestedFunctions) {
  const SymbolTable table = table_of({{0x100, 0x100, "outer"}, {0x120, 0x10, "inner"}});
  EXPECT_EQ(name_at(table, 0x110), "outer");
  EXPECT_EQ(name_at(table, 0x125), "inner");
  EXPECT_EQ(name_at(table, 0x130), "outer");
}

TEST(SymbolTable, ChoosesTheSameNameInAnyOrder) {
  std::vector<Symbol> symbols{{0x100, 8, "write64"},
                              {0x100, 8, "loc", SymbolRank::local},
                              {0x100, 8, "write"},
                              {0x100, 0, "a", SymbolRank::untyped},
                              {0x100, 8, "_wri"}};
  std::sort(symbols.begin(), symbols.end(),
            [](const Symbol& a, const Symbol& b) { return a.name < b.name; });
  do {
    EXPECT_EQ(name_at(table_of(symbols), 0x101), "write");
  } while (std::next_permutation(symbols.begin(), symbols.end(),
                                 [](const Symbol& a, const Symbol& b) { return a.name < b.name; }));
}

TEST(SymbolTable, SharesTheNamesOfTheFile) {
  const std::string_view names("\0shared\0", 8);
  SymbolTable table(names);
  table.add_named({0x100, 8, names.substr(1, 6)}, 1);
  table.add_named({0x200, 8, names.substr(3, 4)}, 3);
  table.finish();
  EXPECT_EQ(name_at(table, 0x107), "shared");
  EXPECT_EQ(name_at(table, 0x207), "ared") << "linkers store a name within another";
}

TEST(SymbolTable, DoesNotSearchEndlesslyInNestedSymbols) {
  SymbolTable table;
  constexpr std::uint64_t kMany = 200'000;
  for (std::uint64_t i = 0; i < kMany; ++i) table.add({i, 1, "x"});
  table.add({kMany, 0x10, "last"});
  table.finish();
  // Quadratic would take minutes here.
  for (std::uint64_t i = 0; i < kMany; ++i) EXPECT_EQ(name_at(table, kMany + 0x20 + i), "");
}

}  // namespace
}  // namespace melisai::symbols
